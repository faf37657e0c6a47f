"""Compiled networks: a bound graph as kernels, called one after another on one arena."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from autosched.backends.base import Backend
from autosched.backends.kernel import TargetKernel
from autosched.errors import CodegenError, LoweringError, WorkloadError
from autosched.graph.evaluate import computed
from autosched.graph.expression import Expression, expression
from autosched.graph.graph import Graph, Value, ordered_inputs
from autosched.graph.groups import Group, grouped
from autosched.graph.memory import Lifetime, plan
from autosched.graph.operators.movement import Identity, ReshapeLike, Reshaping
from autosched.graph.operators.operator import Undefined
from autosched.ir.dtype import DType, dtype
from autosched.ops.resolve import as_instance
from autosched.runtime.arrays import empty
from autosched.search.choice import Choice
from autosched.search.kernels import build_best
from autosched.search.task import Task
from autosched.tuning_logs import Store

Array = np.ndarray
Kernels = dict[str, tuple[Task, Choice, TargetKernel]]
"""The kernels of a network, by the key of what they compute."""

logger = logging.getLogger("autosched")

VIEWS = (Identity, Reshaping, ReshapeLike)
"""Operators whose output is the memory of their first input."""


@dataclass(frozen=True)
class Step:
    """What computes a group: the kernel of a task, or NumPy where there is none.

    `why` says why there is no kernel. Groups of the same meaning have the same task, and the
    schedule that was chosen for it.
    """

    group: Group
    inputs: list[Value]
    outputs: list[Value]
    call: Callable[..., object] | None
    task: Task | None = None
    choice: Choice | None = None
    why: str = ""


class Network:
    """A bound graph, compiled. `run` computes its outputs, for one thread after another.

    `steps` are in the order in which they are run, `arena_bytes` is the memory of all arrays in
    between. Weights are packed once, when it is made.
    """

    def __init__(self, graph: Graph, steps: Sequence[Step]):
        self.graph = graph
        self.steps = list(steps)
        self._lock = Lock()
        self._roots = _roots(graph, self.steps)
        lifetimes = self._lifetimes()
        placed = plan(lifetimes)
        self.arena_bytes = placed.bytes
        arena = empty((placed.bytes,), np.dtype(np.uint8))
        self._arrays = {
            value: _array(value, arena[offset:]) for value, offset in placed.offsets.items()
        }
        known: dict[Value, Array] = {**graph.constants, **self._arrays}
        kept = {*known, *graph.inputs}
        self._known = known
        self._copied = {value for value in graph.outputs if self._roots.get(value, value) in kept}

    def run(self, inputs: Sequence[Array] | Mapping[str, Array]) -> list[Array]:
        """The outputs for inputs in order or by name, as new arrays.

        Raises GraphError for inputs that do not fit.
        """
        given = ordered_inputs(self.graph, inputs)
        with self._lock:
            return self._run(given)

    def _run(self, given: Sequence[Array]) -> list[Array]:
        arrays = {**self._known, **dict(zip(self.graph.inputs, given, strict=True))}
        for step in self.steps:
            if step.call is None:
                self._evaluate(step, arrays)
                continue
            for value in step.outputs:
                if value not in arrays:
                    arrays[value] = _array(value, None)
            step.call(
                *(self._of(value, arrays) for value in step.inputs),
                *(arrays[value] for value in step.outputs),
            )
        found = ((value, self._of(value, arrays)) for value in self.graph.outputs)
        return [array.copy() if value in self._copied else array for value, array in found]

    def _of(self, value: Value, arrays: Mapping[Value, Array]) -> Array:
        """The array of a value, which may be the memory of another in another shape."""
        if value in arrays:
            return arrays[value]
        assert value.type is not None, "a view has a shape that is known"
        return arrays[self._roots[value]].reshape(value.type.sizes)

    def _evaluate(self, step: Step, arrays: dict[Value, Array]) -> None:
        for node in step.group.nodes:
            known = {value: self._of(value, arrays) for value in node.given}
            elements = {value: _dtype(value, array) for value, array in known.items()}
            for value, array, _ in computed(node, known, elements):
                if value in self._arrays:
                    self._arrays[value][...] = array
                else:
                    arrays[value] = np.asarray(array, order="C")

    def _lifetimes(self) -> dict[Value, Lifetime]:
        """When the arrays live that are neither the caller's nor results of unknown size."""
        roots, first, last = self._roots, {}, {}
        returned = {roots.get(value, value) for value in self.graph.outputs}
        for number, step in enumerate(self.steps):
            for value in step.outputs:
                if value.type is not None and not value.type.names and value not in returned:
                    first[value] = last[value] = number
            for value in step.inputs:
                root = roots.get(value, value)
                if root in first:
                    last[root] = number
        return {
            value: Lifetime(value.type.bytes, first[value], last[value])
            for value in first
            if value.type is not None
        }


def compiled(graph: Graph, backend: Backend, store: Store | None = None) -> Network:
    """The network of a bound graph for a target; schedules are the best that `store` knows.

    Groups of the same meaning have one kernel.
    """
    kernels: Kernels = {}
    steps = []
    waiting = grouped(graph)[::-1]
    while waiting:
        group = waiting.pop()
        if _is_view(group):
            continue
        try:
            steps.append(_step(group, expression(group, graph), graph, backend, store, kernels))
        except (Undefined, WorkloadError, LoweringError, CodegenError) as error:
            if len(group.nodes) > 1:  # the others may have kernels
                waiting += [Group([node]) for node in reversed(group.nodes)]
                continue
            logger.info("%s: by NumPy, %s", group.name, error.message)
            outputs = group.outputs(graph)
            steps.append(Step(group, group.inputs, outputs, None, why=error.message))
    return Network(graph, steps)


def _is_view(group: Group) -> bool:
    """Whether the group is the memory of its first input, in a shape that is known."""
    (node, *others) = group.nodes
    kind = node.outputs[0].type
    is_known = kind is not None and not kind.names
    return isinstance(node.operator, VIEWS) and not others and is_known


def _step(
    group: Group,
    made: Expression,
    graph: Graph,
    backend: Backend,
    store: Store | None,
    kernels: Kernels,
) -> Step:
    instance = as_instance(made.tensors)
    if instance.key not in kernels:
        task = Task.of(instance, backend, {})
        kernels[instance.key] = task, *build_best(task, store)
    task, choice, kernel = kernels[instance.key]
    constants = {f"x{made.inputs.index(value)}": graph.constants[value] for value in made.constants}
    call = kernel.bind(**constants) if constants else kernel
    inputs = [value for value in made.inputs if value not in made.constants]
    return Step(group, inputs, made.outputs, call, task, choice)


def _roots(graph: Graph, steps: Sequence[Step]) -> dict[Value, Value]:
    """For each value that is another's memory, that other one."""
    run = {node for step in steps for node in step.group.nodes}
    roots: dict[Value, Value] = {}
    for node in graph.nodes:
        if node not in run:
            source = node.given[0]
            roots[node.outputs[0]] = roots.get(source, source)
    return roots


def _array(value: Value, memory: Array | None) -> Array:
    """An array for a value of known shape, in the memory if there is some."""
    kind = value.type
    assert kind is not None
    if memory is None:
        return np.empty(kind.sizes, kind.dtype.numpy)
    return memory[: kind.bytes].view(kind.dtype.numpy).reshape(kind.sizes)


def _dtype(value: Value, array: Array) -> DType:
    return value.type.dtype if value.type is not None else dtype(array.dtype)
