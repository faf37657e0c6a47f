"""A workload instance: the tensors of a workload for given parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.errors import WorkloadError, a_kind
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Var
from autosched.ops.own_inputs import own_arrays
from autosched.ops.user_code import failed, user_code
from autosched.te import dag
from autosched.te.arrays import from_storage, to_storage
from autosched.te.computation import size_value
from autosched.te.count import bytes_touched, flop_count
from autosched.te.encode import canonical_text, key_of_text
from autosched.te.evaluate import evaluate, index_limits
from autosched.te.serialize import from_json, to_json
from autosched.te.tensor import Tensor

if TYPE_CHECKING:
    from autosched.ops.templates.template import Template

Array = np.ndarray
Sizes = Mapping[Var, int]
GivenInputs = Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None
"""A mapping from names of inputs to an array or a range (low, high), or a function for it."""


@dataclass(frozen=True, eq=False)
class WorkloadInstance:
    """The tensors of a kernel, in the order of its arguments.

    `source` is the text by which `resolve` finds the workload: a registered name, or a file or
    module with a function; it is None for an instance made from tensors. `label` is the name
    with the parameters that differ from their defaults. A `template` gives the schedules to
    search, in place of the rules.
    """

    name: str
    params: dict[str, Any]
    tensors: tuple[Tensor, ...]
    source: str | None = None
    label: str = ""
    numpy_function: Callable[..., Any] | None = field(default=None, repr=False)
    given_inputs: GivenInputs = field(default=None, repr=False)
    template: Template | None = field(default=None, repr=False)

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
        """The symbolic sizes, if there are any."""
        return dag.size_vars(self.tensors)

    @cached_property
    def flops(self) -> int | Expr:
        """The arithmetic operations of one call (see `te.count.flop_count`)."""
        return flop_count(self.outputs)

    @cached_property
    def bytes(self) -> int | Expr:
        """The bytes of all inputs and outputs."""
        return bytes_touched(self.tensors)

    @cached_property
    def canonical_text(self) -> str:
        return canonical_text(self.tensors)

    @cached_property
    def key(self) -> str:
        """The structural key: equal for workloads with the same meaning, under any names."""
        return key_of_text(self.canonical_text)

    def own_inputs(self, sizes: Mapping[str, int] | None = None) -> dict[int, Array]:
        """Return the arrays that the user gave for inputs, by their positions in `tensors`.

        `sizes` maps the names of symbolic sizes to values. Raises WorkloadError if an array
        has a wrong shape or dtype.
        """
        given = self.given_inputs
        if given is None:
            return {}
        if callable(given):
            with user_code(f"the inputs of {self.name}"):
                given = given(**_keyword_params(given, self.params))
        values = {size: sizes[size.name] for size in self.sizes if sizes and size.name in sizes}
        return own_arrays(given, self.tensors, values, self.name)

    def make_inputs(self, seed: int = 0, sizes: Sizes | None = None) -> list[Array]:
        """Return an array for each input: the user's, or a random one that depends on the seed.

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
        """Evaluate the expressions on arrays of the inputs and return the outputs.

        Sums are accumulated in float64. Kernels are verified with the result.
        """
        values = dict(zip(self.inputs, arrays, strict=True))
        return evaluate(self.outputs, values, sizes, accumulate="float64")

    def numpy_reference(self, arrays: Sequence[Array]) -> list[Array] | None:
        """Return the outputs of the function registered as `reference`, or None without one.

        NumPy has no bfloat16: the function gets float32, and its results are rounded.
        """
        function = self.numpy_function
        if function is None:
            return None
        values = [
            from_storage(array, tensor.dtype)
            for tensor, array in zip(self.inputs, arrays, strict=True)
        ]
        try:
            result = function(*values, **self._keywords)
        except (Exception, SystemExit) as error:
            raise failed(self.name, error) from error
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        if not any(tensor.dtype.kind == "bfloat" for tensor in self.outputs):
            return results
        return [
            to_storage(value, tensor.dtype)
            for tensor, value in zip(self.outputs, results, strict=True)
        ]

    @cached_property
    def _keywords(self) -> dict[str, Any]:
        """The parameters that the NumPy function takes; finding them takes 10 µs."""
        function = self.numpy_function
        # The keywords of a ufunc are no parameters, and older NumPy gives it no signature.
        if function is None or isinstance(function, np.ufunc):
            return {}
        return _keyword_params(function, self.params)

    @cached_property
    def spec(self) -> dict[str, Any]:
        """Values for JSON, from which `from_spec` creates an equal instance."""
        return {
            "name": self.name,
            "params": self.params,
            "source": self.source,
            "label": self.label,
            "tensors": to_json(self.tensors),
        }


def _keyword_params(function: Callable[..., Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are keyword-only arguments of the function."""
    return {
        item.name: params[item.name]
        for item in inspect.signature(function).parameters.values()
        if item.kind is inspect.Parameter.KEYWORD_ONLY and item.name in params
    }


def from_tensors(tensors: Sequence[Tensor], name: str | None = None) -> WorkloadInstance:
    """Return an instance with the given inputs and outputs. Raises WorkloadError; see `checked`."""
    given = checked(tensors, name or "the workload")
    return WorkloadInstance(name or dag.outputs(given)[-1].name, {}, given)


def from_spec(spec: Mapping[str, Any]) -> WorkloadInstance:
    """Return an instance equal to that of `spec`, with new tensors; no user code runs."""
    tensors = tuple(from_json(spec["tensors"]))
    return WorkloadInstance(
        spec["name"], dict(spec["params"]), tensors, spec["source"], spec["label"]
    )


def checked(tensors: Any, name: str) -> tuple[Tensor, ...]:
    """Check that `tensors` are the inputs and outputs of a workload; return them as a tuple.

    Raises WorkloadError if there is no output, a tensor twice, or an input missing.
    """
    if problem := _problem(tensors, name):
        hint = "return the inputs and the outputs, each once, as in return [A, B, C]"
        raise WorkloadError(problem, hint=hint)
    return tuple(tensors)


def _problem(tensors: Any, name: str) -> str | None:
    """Return why these are not the inputs and outputs of a workload; None if they are."""
    if not isinstance(tensors, (list, tuple)):
        return f"expected a list of tensors from {name}, got {a_kind(tensors)}"
    if not all(isinstance(tensor, Tensor) for tensor in tensors):
        kinds = sorted({type(item).__name__ for item in tensors})
        got = f"{a_kind(tensors)} of {', '.join(kinds)}"
        return f"expected a list of tensors from {name}, got {got}"
    if len(set(map(id, tensors))) < len(tensors):
        return f"expected different tensors from {name}, got one of them twice"
    if not dag.outputs(tensors):
        return f"expected a computed tensor from {name}, got {len(tensors)} placeholders"
    missing = [tensor.name for tensor in dag.inputs(tensors) if tensor not in tensors]
    if missing:
        return f"expected every input among the tensors of {name}, got none for {missing[0]}"
    return None


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
