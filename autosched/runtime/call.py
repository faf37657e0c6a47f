"""One call of a kernel, checked: the arrays, the sizes, and the outputs made for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.arguments import as_array, check_overlap, check_shape
from autosched.runtime.arrays import empty
from autosched.runtime.signature import Param, Signature
from autosched.runtime.sizes import concrete, solve

Result = np.ndarray | tuple[np.ndarray, ...] | None


@dataclass(frozen=True)
class Call:
    """An array for each param, the value of each size, and the outputs to return, if any."""

    arrays: list[np.ndarray]
    sizes: dict[str, int]
    returned: list[np.ndarray]

    @property
    def result(self) -> Result:
        if not self.returned:
            return None
        return self.returned[0] if len(self.returned) == 1 else tuple(self.returned)

    @property
    def is_empty(self) -> bool:
        """There is nothing to compute, and a kernel, made for extents from 1 on, must not run."""
        return any(array.size == 0 for array in self.arrays)


def check_call(
    signature: Signature, args: Sequence[object], fixed: Mapping[str, int] | None = None
) -> Call:
    """What `args` mean to a kernel of `signature`, of which some sizes may be `fixed`.

    `args` are all the params or all the inputs. Raises ArgumentError on anything else.
    """
    params = given_params(signature, args)
    arrays = [as_array(arg, p, signature.name) for p, arg in zip(params, args, strict=True)]
    shapes = [array.shape for array in arrays]
    sizes = solve(signature, list(zip(params, shapes, strict=True)), fixed or {})
    for param, array in zip(params, arrays, strict=True):
        check_shape(array, param, concrete(param.shape, sizes), signature.name)
    if len(params) == len(signature.params):
        check_overlap(signature, arrays)
        call = Call(arrays, sizes, [])
    else:
        call = _with_outputs(signature, arrays, sizes)
    if call.is_empty:
        _check_nothing_is_computed(signature, call.arrays)
    return call


def _check_nothing_is_computed(signature: Signature, arrays: Sequence[np.ndarray]) -> None:
    """Raise ArgumentError where an output has elements though another array has none."""
    for param, array in zip(signature.params, arrays, strict=True):
        if param.is_output and array.size:
            raise ArgumentError(
                f"expected extents of at least 1 to compute {param.name} of {signature.name}, "
                "got an empty array",
                hint="its elements have no value then; leave the call out",
            )


def allocate(param: Param, sizes: Mapping[str, int]) -> np.ndarray:
    """An uninitialised array to pass for `param`."""
    return empty(concrete(param.shape, sizes), param.storage)


def given_params(signature: Signature, args: Sequence[object]) -> tuple[Param, ...]:
    """The params that so many `args` are for: all, or the inputs. Raises ArgumentError."""
    if len(args) == len(signature.params):
        return signature.params
    if len(args) == len(signature.inputs):
        return signature.inputs
    raise ArgumentError(
        f"expected {len(signature.params)} arguments for {signature.name}, or "
        f"{len(signature.inputs)} without its outputs, got {len(args)}",
        hint=f"its arguments are {', '.join(param.name for param in signature.params)}",
    )


def _with_outputs(signature: Signature, inputs: list[np.ndarray], sizes: dict[str, int]) -> Call:
    rest = iter(inputs)
    returned = []
    arrays = []
    for param in signature.params:
        if param.is_output:
            returned.append(allocate(param, sizes))
        arrays.append(returned[-1] if param.is_output else next(rest))
    return Call(arrays, sizes, returned)
