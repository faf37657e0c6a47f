"""A workload with its parameters given: tensors, and what is known about them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from autosched.errors import WorkloadError
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Var
from autosched.ops.own_inputs import own_arrays
from autosched.ops.users_code import failed, users_code
from autosched.te import dag
from autosched.te.arrays import to_storage
from autosched.te.computation import size_value
from autosched.te.count import bytes_touched, flop_count
from autosched.te.evaluate import evaluate
from autosched.te.index_inputs import index_limits
from autosched.te.key import canonical_text, key_of_text
from autosched.te.serialize import from_json, to_json
from autosched.te.tensor import Tensor

Array = np.ndarray
Sizes = Mapping[Var, int]
GivenInputs = Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None
"""For names of inputs an array or a range (low, high), or a function that returns such."""


@dataclass(frozen=True, eq=False)
class WorkloadInstance:
    """Tensors to be made into a kernel, in the order a caller passes them.

    `source` is what `resolve` finds the workload by: a registered name, or a file or module
    with a function; it is None for tensors that were given as they are. `label` is the
    name with the parameters that are not at their defaults.
    """

    name: str
    params: dict[str, Any]
    tensors: tuple[Tensor, ...]
    source: str | None = None
    label: str = ""
    numpy_function: Callable[..., Any] | None = field(default=None, repr=False)
    packed_function: Callable[..., Any] | None = field(default=None, repr=False)
    given_inputs: GivenInputs = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.label or self.name

    @cached_property
    def inputs(self) -> list[Tensor]:
        """The placeholders among the tensors, in order."""
        computed = set(self.outputs)
        return [tensor for tensor in self.tensors if tensor not in computed]

    @cached_property
    def outputs(self) -> list[Tensor]:
        """The computed tensors, in order."""
        return dag.outputs(self.tensors)

    @cached_property
    def sizes(self) -> list[Var]:
        """The symbolic sizes; none where every extent is a number."""
        return dag.size_vars(self.tensors)

    @cached_property
    def flops(self) -> int | Expr:
        """Arithmetic operations of one call (see `te.count.flop_count`)."""
        return flop_count(self.outputs)

    @cached_property
    def bytes(self) -> int | Expr:
        """Bytes of all inputs and outputs."""
        return bytes_touched(self.tensors)

    @cached_property
    def canonical_text(self) -> str:
        return canonical_text(self.tensors)

    @cached_property
    def key(self) -> str:
        """The structural key: equal for workloads that compute the same, whatever their names."""
        return key_of_text(self.canonical_text)

    def own_inputs(self, sizes: Mapping[str, int] | None = None) -> dict[int, Array]:
        """The arrays that the user gives for inputs, by their place among the tensors.

        `sizes` are values of the symbolic sizes, by name. Raises WorkloadError where they do
        not fit.
        """
        given = self.given_inputs
        if given is None:
            return {}
        if callable(given):
            with users_code(f"the inputs of {self.name}"):
                given = given(**_taken(given, self.params))
        values = {size: sizes[size.name] for size in self.sizes if sizes and size.name in sizes}
        return own_arrays(given, self.tensors, values, self.name)

    def make_inputs(self, seed: int = 0, sizes: Sizes | None = None) -> list[Array]:
        """An array for each input: the user's own, else a random one, the same for the same seed.

        Floats are uniform in [-1, 1), integers from -8 to 7 (unsigned from 0 to 15), so that
        sums stay in a range where results can be compared. Integers that are used as indices
        lie within the dimensions they index.
        """
        generator = np.random.default_rng(seed)
        known = dict(sizes or {})
        own = self.own_inputs({size.name: value for size, value in known.items()})
        given = {tensor: own[place] for place, tensor in enumerate(self.tensors) if place in own}
        limits = index_limits(self.tensors, known)
        return [
            given[tensor]
            if tensor in given
            else _random(
                generator,
                tuple(size_value(extent, known, tensor.name) for extent in tensor.shape),
                tensor.dtype,
                limits.get(tensor),
            )
            for tensor in self.inputs
        ]

    def reference(self, arrays: Sequence[Array], sizes: Sizes | None = None) -> list[Array]:
        """The outputs for arrays of the inputs by the meaning of the expressions.

        Sums are accumulated in float64: what a kernel's result is compared with.
        """
        values = dict(zip(self.inputs, arrays, strict=True))
        return evaluate(self.outputs, values, sizes, accumulate="float64")

    def numpy_reference(self, arrays: Sequence[Array]) -> list[Array] | None:
        """The outputs by the function registered as `reference`, or None where there is none."""
        function = self.numpy_function
        if function is None:
            return None
        try:
            result = function(*arrays, **self._keywords)
        except (Exception, SystemExit) as error:
            raise failed(self.name, error) from error
        return list(result) if isinstance(result, (tuple, list)) else [result]

    @cached_property
    def _keywords(self) -> dict[str, Any]:
        """The parameters that the NumPy function takes; looking is 10 µs, as much as a kernel."""
        function = self.numpy_function
        # A ufunc's keywords are not ours, and those of older NumPy show no signature.
        if function is None or isinstance(function, np.ufunc):
            return {}
        return _taken(function, self.params)

    @cached_property
    def spec(self) -> dict[str, Any]:
        """Plain values that JSON can hold and `from_spec` makes the instance from again."""
        return {
            "name": self.name,
            "params": self.params,
            "source": self.source,
            "label": self.label,
            "tensors": to_json(self.tensors),
        }


def _taken(function: Callable[..., Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that the function's keyword-only arguments name."""
    return {
        item.name: params[item.name]
        for item in inspect.signature(function).parameters.values()
        if item.kind is inspect.Parameter.KEYWORD_ONLY and item.name in params
    }


def from_tensors(tensors: Sequence[Tensor], name: str | None = None) -> WorkloadInstance:
    """The tensors as a workload: every placeholder that is read, and what is computed."""
    given = checked(tensors, name or "the workload")
    return WorkloadInstance(name or dag.outputs(given)[-1].name, {}, given)


def from_spec(spec: Mapping[str, Any]) -> WorkloadInstance:
    """The instance that `spec` was taken from; its tensors are made anew, no user code runs."""
    tensors = tuple(from_json(spec["tensors"]))
    return WorkloadInstance(
        spec["name"], dict(spec["params"]), tensors, spec["source"], spec["label"]
    )


def checked(tensors: Any, name: str) -> tuple[Tensor, ...]:
    """The tensors of a workload; `WorkloadError` where they are not whole."""
    if not isinstance(tensors, (list, tuple)) or not all(
        isinstance(tensor, Tensor) for tensor in tensors
    ):
        raise WorkloadError(
            f"expected a list of tensors from {name}, got {_described(tensors)}",
            hint="return the inputs and the outputs, as in return [A, B, C]",
        )
    if len(set(map(id, tensors))) < len(tensors):
        raise WorkloadError(f"expected different tensors from {name}, got one of them twice")
    if not dag.outputs(tensors):
        raise WorkloadError(
            f"expected a computed tensor from {name}, got {len(tensors)} placeholders",
            hint="return the inputs and the outputs, as in return [A, B, C]",
        )
    for tensor in dag.inputs(tensors):
        if tensor not in tensors:
            raise WorkloadError(
                f"expected every input among the tensors of {name}, got none for {tensor.name}",
                hint="return the inputs and the outputs, as in return [A, B, C]",
            )
    return tuple(tensors)


def _described(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        kinds = sorted({type(item).__name__ for item in value})
        return f"a {type(value).__name__} of {', '.join(kinds)}"
    return f"a {type(value).__name__}"


def _random(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: DType, limit: int | None
) -> Array:
    if limit is not None:
        return generator.integers(0, limit, shape).astype(dtype.numpy)
    if dtype.is_bool:
        return generator.integers(0, 2, shape).astype(bool)
    if dtype.is_integer:
        low = 0 if dtype.kind == "uint" else -8
        return generator.integers(low, low + 16, shape).astype(dtype.numpy)
    values = generator.random(shape, dtype=np.float64 if dtype.bits == 64 else np.float32)
    return to_storage(values * 2 - 1, dtype)
