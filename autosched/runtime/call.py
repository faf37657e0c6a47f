"""A checked call of a kernel: its arrays, sizes, and allocated outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.arguments import as_array, check_overlap, check_shape
from autosched.runtime.arrays import empty
from autosched.runtime.signature import Param, Signature
from autosched.runtime.sizes import concrete, solve

Result = np.ndarray | tuple[np.ndarray, ...] | None


@dataclass(frozen=True)
class Call:
    """An array for each param, the value of each size, and the outputs to return."""

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
        """Whether an array is empty; the kernel then must not run: it assumes extents from 1 on."""
        return any(array.size == 0 for array in self.arrays)


def check_call(
    signature: Signature, args: Sequence[object], fixed: Mapping[str, int] | None = None
) -> Call:
    """Check the arguments `args` of a kernel and return the call.

    `args` are all params or all inputs; missing outputs are allocated. `fixed` are sizes known
    beforehand. Raises ArgumentError if an argument does not match the signature.
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
        call = with_outputs(signature, arrays, sizes)
    if call.is_empty:
        _check_nothing_is_computed(signature, call.arrays)
    return call


def _check_nothing_is_computed(signature: Signature, arrays: Sequence[np.ndarray]) -> None:
    """Raise ArgumentError if an output has elements although another array is empty."""
    for param, array in zip(signature.params, arrays, strict=True):
        if param.is_output and array.size:
            raise ArgumentError(
                f"expected extents of at least 1 to compute {param.name} of {signature.name}, "
                "got an empty array",
                hint="the elements would have no value; do not call the kernel",
            )


def allocate(param: Param, sizes: Mapping[str, int]) -> np.ndarray:
    """Return an uninitialized array for `param`; raise ArgumentError if an extent is negative."""
    shape = concrete(param.shape, sizes)
    if not param.is_static and min(shape) < 0:
        wanted = ", ".join(map(str, param.shape))
        raise ArgumentError(
            f"expected extents of at least 0 for {param.name} = ({wanted}), got {shape}"
        )
    return empty(shape, param.storage)


def given_params(signature: Signature, args: Sequence[object]) -> tuple[Param, ...]:
    """Return the params for this number of `args`: all, or the inputs. Raises ArgumentError."""
    if len(args) == len(signature.params):
        return signature.params
    if len(args) == len(signature.inputs):
        return signature.inputs
    raise ArgumentError(
        f"expected {len(signature.params)} arguments for {signature.name}, or "
        f"{len(signature.inputs)} without its outputs, got {len(args)}",
        hint=f"its arguments are {', '.join(param.name for param in signature.params)}",
    )


def with_outputs(signature: Signature, inputs: Sequence[Any], sizes: dict[str, int]) -> Call:
    """Return the call with `inputs` and allocated outputs."""
    rest = iter(inputs)
    returned = []
    arrays = []
    for param in signature.params:
        if param.is_output:
            returned.append(allocate(param, sizes))
        arrays.append(returned[-1] if param.is_output else next(rest))
    return Call(arrays, sizes, returned)
