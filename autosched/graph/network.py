"""Compiled networks: a bound graph as kernels that native code calls in order, on one arena."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from time import perf_counter_ns

import numpy as np

from autosched.backends.base import Backend
from autosched.graph.evaluate import computed
from autosched.graph.graph import Graph, Value, ordered_inputs
from autosched.graph.inner import InnerGraphs
from autosched.graph.kernels import Kernels
from autosched.graph.layout import Layout
from autosched.graph.native import NativeCode, NativePart
from autosched.graph.operators.operator import Operator
from autosched.graph.steps import Step, steps_of
from autosched.graph.weights import Weights
from autosched.ir.dtype import DType, dtype
from autosched.runtime.arrays import empty
from autosched.runtime.code import MachineCode
from autosched.runtime.fastcall import FastCall
from autosched.runtime.kernel import always_slow

Array = np.ndarray
Arrays = dict[Value, Array]


@dataclass(frozen=True, eq=False)
class _Part:
    """Steps that native code runs in one call, or one that Python runs."""

    steps: list[Step]
    native: NativePart | None


@dataclass(frozen=True, eq=False)
class _Instance:
    """What one run at a time uses: an arena, the values in it, and each part's call on it."""

    arena: Array
    arrays: Arrays
    fast: list[FastCall | None]

    @cached_property
    def calls(self) -> list[Callable[..., object]]:
        return [call.function if call else always_slow for call in self.fast]


class Network:
    """A bound graph, compiled. `run` computes its outputs; several threads may call it at once.

    `steps` are in the order in which they are run; `parts` are the same, with the plan of those
    that native code runs in one call, and None for one that Python runs. `arena_bytes` is the
    memory of all arrays in between, for each run at the same time; `weights_bytes` is that of the
    constants as kernels read them. Of all constants `graph` keeps those that Python reads.
    """

    def __init__(
        self,
        graph: Graph,
        steps: Sequence[Step],
        backend: Backend,
        inner: InnerGraphs | None = None,
    ):
        self.steps = list(steps)
        self.inner = inner
        weights = Weights()
        layout = Layout(graph, self.steps, weights)
        self.parts = parts = layout.parts()
        codes = dict.fromkeys(s.kernel for s in self.steps if isinstance(s.kernel, MachineCode))
        offloading = backend.offloading
        host = backend if offloading is None else offloading.host
        code = NativeCode([plan for plan, _ in parts if plan], list(codes), host)
        self._weights = weights.block(code.address)
        self._parts = [
            _Part(members, NativePart(plan, graph.name, code) if plan else None)
            for plan, members in parts
        ]
        self.arena_bytes, self.weights_bytes = layout.arena_bytes, weights.bytes
        self._views, self._in_arena, self._results = layout.views, layout.in_arena, layout.results
        self.graph = replace(graph, constants=self._read_by_python(graph))
        self._kinds = [_kind(value) for value in self._results]
        self._is_one_call = all(part.native for part in self._parts) and len(self._parts) == 1
        self._is_one_call &= self._results == list(graph.outputs)
        self._names = dict.fromkeys(value.name for value in graph.inputs)
        self._idle: list[_Instance] = []

    def run(self, inputs: Sequence[Array] | Mapping[str, Array]) -> list[Array]:
        """The outputs for inputs in order or by name, as new arrays.

        Raises GraphError for inputs that do not fit, ArgumentError for an index in a tensor that
        is outside of what it indexes.
        """
        found = self.attempt(inputs)
        if found is not None:
            return found
        results = [np.empty(shape, kind) for shape, kind in self._kinds]
        instance = self._borrowed()
        try:
            arrays = self._arrays(ordered_inputs(self.graph, inputs), results, instance)
            direct = [arrays[value] for value in (*self.graph.inputs, *self._results)]
            for part, call in zip(self._parts, instance.calls, strict=True):
                if part.native is None:
                    self._run_step(part.steps[0], arrays)
                elif call(*direct) is not None:
                    part.native.run(direct, [instance.arena, self._weights])
        finally:
            self._idle.append(instance)
        return self._returned(arrays)

    def attempt(self, inputs: Sequence[object] | Mapping[str, object]) -> list[Array] | None:
        """The outputs, if one native call takes the inputs as they are; otherwise None."""
        if not self._is_one_call:
            return None
        if type(inputs) is dict and inputs.keys() == self._names.keys():
            inputs = [inputs[name] for name in self._names]
        elif type(inputs) not in (list, tuple):
            return None
        results = [np.empty(shape, kind) for shape, kind in self._kinds]
        instance = self._borrowed()
        try:
            return results if instance.calls[0](*inputs, *results) is None else None
        finally:
            self._idle.append(instance)

    def timed(self, inputs: Sequence[Array] | Mapping[str, Array]) -> list[tuple[Step, int]]:
        """The steps of a run for inputs as `run` takes, and the nanoseconds that each took.

        The time of what is simulated is that of its model.
        """
        results = [np.empty(shape, kind) for shape, kind in self._kinds]
        instance = self._borrowed()
        times: list[int] = []
        try:
            arrays = self._arrays(ordered_inputs(self.graph, inputs), results, instance)
            direct = [arrays[value] for value in (*self.graph.inputs, *self._results)]
            for part in self._parts:
                if part.native is None:
                    start = perf_counter_ns()
                    self._run_step(part.steps[0], arrays)
                    taken = perf_counter_ns() - start
                    model_ns = part.steps[0].model_ns
                    times.append(taken if model_ns is None else round(model_ns))
                else:
                    times += part.native.times_ns(direct, [instance.arena, self._weights])
        finally:
            self._idle.append(instance)
        return list(zip(self.steps, times, strict=True))

    def _borrowed(self) -> _Instance:
        """An instance that no other run uses."""
        with suppress(IndexError):
            return self._idle.pop()
        arena = empty((self.arena_bytes,), np.dtype(np.uint8))
        arrays = {value: _array(value, arena[offset:]) for value, offset in self._in_arena.items()}
        blocks = [arena, self._weights]
        fast = [part.native.fast_call(blocks) if part.native else None for part in self._parts]
        return _Instance(arena, arrays, fast)

    def _arrays(self, given: Sequence[Array], results: Sequence[Array], own: _Instance) -> Arrays:
        """The arrays that are there when a run begins."""
        inputs = zip(self.graph.inputs, given, strict=True)
        made = zip(self._results, results, strict=True)
        return {**self.graph.constants, **own.arrays, **dict(inputs), **dict(made)}

    def _of(self, value: Value, arrays: Arrays) -> Array:
        """The array of a value, which may be a range of the memory of another."""
        if value in arrays:
            return arrays[value]
        assert value.type is not None, "a view has a shape that is known"
        place = self._views.place(value)
        memory = arrays[place.root].reshape(-1)
        return memory[place.start : place.start + value.type.elements].reshape(value.type.sizes)

    def _run_step(self, step: Step, arrays: Arrays) -> None:
        """Run a step that has no machine code."""
        if step.kernel is not None:
            assert not isinstance(step.kernel, MachineCode), "it is part of a plan"
            given = [self._of(value, arrays) for value in step.inputs]
            step.kernel(*given, *(arrays[value] for value in step.outputs))
            return
        for node in step.group.nodes:
            known = {value: self._of(value, arrays) for value in node.given}
            elements = {value: _dtype(value, array) for value, array in known.items()}
            compute = Operator.outputs if self.inner is None else self.inner.outputs
            for value, array, _ in computed(node, known, elements, compute):
                if value in arrays:
                    arrays[value][...] = array
                else:
                    arrays[value] = np.asarray(array, order="C")

    def _returned(self, arrays: Arrays) -> list[Array]:
        """The outputs, each in memory that only the caller has."""
        own = set(self._results)
        outputs = []
        for value in self.graph.outputs:
            array, root = self._of(value, arrays), self._views.root(value)
            is_new = root in own or value.type is None or bool(value.type.names)
            outputs.append(array if is_new else array.copy())
            own.discard(root)
        return outputs

    def _read_by_python(self, graph: Graph) -> Arrays:
        """The constants that NumPy reads, or the caller."""
        read = set(graph.outputs)
        for step in self.steps:
            if step.kernel is None:
                read.update(value for node in step.group.nodes for value in node.given)
        roots = {self._views.root(value) for value in read}
        return {value: array for value, array in graph.constants.items() if value in roots}


def compiled(
    graph: Graph,
    backend: Backend,
    kernels: Kernels | None = None,
    reasons: Mapping[str, str] | None = None,
    inner: InnerGraphs | None = None,
) -> Network:
    """The network of a bound graph for a target, with its `kernels`.

    `reasons` say why nodes are computed by an accelerator, or are not, by their names. `inner`
    computes the graphs inside nodes, which NumPy does without.
    """
    steps = steps_of(graph, backend, kernels or Kernels(), reasons)
    return Network(graph, steps, backend, inner)


def _kind(value: Value) -> tuple[tuple[int, ...], np.dtype]:
    assert value.type is not None, "a result has a shape that is known"
    return value.type.sizes, value.type.dtype.numpy


def _array(value: Value, memory: Array) -> Array:
    """An array for a value of known shape, in the memory."""
    shape, kind = _kind(value)
    return memory[: prod(shape) * kind.itemsize].view(kind).reshape(shape)


def _dtype(value: Value, array: Array) -> DType:
    return value.type.dtype if value.type is not None else dtype(array.dtype)
