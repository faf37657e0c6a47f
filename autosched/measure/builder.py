"""Computes references and compiles candidates in a worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from types import MappingProxyType
from typing import Protocol

import numpy as np

from autosched.errors import ExpressionError
from autosched.measure.case import Reference, random_input
from autosched.measure.verify import relative_tolerance
from autosched.runtime.kernel import Kernel
from autosched.target.probe import memory_bytes
from autosched.text import size

GIVE_INPUTS = (
    "guard it with te.if_then_else, or give the range or the values of the inputs instead of "
    'random ones: @autosched.workload(inputs={"I": (0, 100)}), or inputs= of autosched.tune'
)


class Builder(Protocol):
    """Computes references and compiles candidates. Each worker creates one when it starts."""

    def reference(
        self, workload: str, sizes: Mapping[str, int], given: Mapping[int, np.ndarray]
    ) -> Reference:
        """Return the arguments and expected outputs of a workload (JSON) at these sizes.

        `given` maps the positions of tensors to inputs; the other inputs are random. Inputs
        that are used as indices lie within the dimensions they index. Raises MemoryError for
        arrays that the machine cannot hold.
        """
        ...

    def compile(self, workload: str, trace: str, target: str, threads: int) -> Kernel:
        """Return the kernel of a candidate. Raises AutoschedError if it cannot be built."""
        ...


class NativeBuilder:
    """Compiles candidates to machine code; te's evaluator gives the reference."""

    def __init__(self) -> None:
        # Imported when a worker starts, not during its first candidate.
        from autosched import candidates as compiler
        from autosched.te import evaluate, serialize

        self._compiler = compiler
        self._evaluate = evaluate
        self._serialize = serialize

    def compile(self, workload: str, trace: str, target: str, threads: int) -> Kernel:
        return self._compiler.compile_candidate(workload, trace, target, threads)

    def reference(
        self,
        workload: str,
        sizes: Mapping[str, int],
        given: Mapping[int, np.ndarray] = MappingProxyType({}),
    ) -> Reference:
        from autosched.ir.traverse import free_vars
        from autosched.te.computation import size_value
        from autosched.te.dag import inputs, outputs, size_vars, topological_order
        from autosched.te.evaluate import index_limits

        tensors = self._serialize.from_json(workload)
        values = {var: sizes[var.name] for var in size_vars(tensors) if var.name in sizes}
        arrays = {tensors[place]: array for place, array in given.items()}
        _check_memory(
            tensor.dtype.bytes * prod(size_value(n, values, tensor.name) for n in tensor.shape)
            for tensor in tensors
        )
        limits = index_limits(tensors, values)
        for number, tensor in enumerate(inputs(tensors)):
            if tensor in arrays:
                continue
            shape = [size_value(extent, values, tensor.name) for extent in tensor.shape]
            arrays[tensor] = random_input(tensor.dtype.name, shape, number, limits.get(tensor))
        computed = outputs(tensors)
        try:
            wanted = self._evaluate.evaluate(computed, arrays, values, accumulate="float64")
        except ExpressionError as error:
            raise ExpressionError(error.message, hint=GIVE_INPUTS) from error
        order = topological_order(tensors)
        dtypes = {tensor.dtype.name for op in order for tensor in op.outputs}
        terms = sum(
            prod(size_value(axis.extent, values, op.name) for axis in op.reduce_axis)
            for op in order
            if op.reduce_axis
        )
        answers = dict(zip(computed, wanted, strict=True))
        tolerance = relative_tolerance(dtypes, terms)
        shaped = {var for tensor in tensors for extent in tensor.shape for var in free_vars(extent)}
        others = {var.name: value for var, value in values.items() if var not in shaped}
        return Reference.of(tensors, arrays, answers, tolerance, others)


def _check_memory(arrays: Iterable[int]) -> None:
    """Raise MemoryError for arrays of more bytes than the machine has.

    The system may promise them, and end the process when they are filled.
    """
    needed, there = sum(arrays), memory_bytes()
    if needed > there:
        raise MemoryError(f"inputs and outputs have {size(needed)}, the machine {size(there)}")
