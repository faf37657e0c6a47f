"""The steps of a network: the kernel that computes each group, or NumPy where there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from autosched.backends.base import Backend
from autosched.backends.kernel import TargetKernel
from autosched.errors import CodegenError, LoweringError, WorkloadError
from autosched.graph.expression import expression
from autosched.graph.graph import Graph, Value
from autosched.graph.groups import Group, grouped
from autosched.graph.operators.movement import Identity, ReshapeLike, Reshaping
from autosched.graph.operators.operator import Undefined
from autosched.ops.resolve import as_instance
from autosched.runtime.code import MachineCode
from autosched.search.choice import Choice
from autosched.search.code_cache import CodeCache
from autosched.search.kernels import compile_best
from autosched.search.task import Task
from autosched.tuning_logs import Store

logger = logging.getLogger("autosched")

VIEWS = (Identity, Reshaping, ReshapeLike)
"""Operators whose output is the memory of their first input."""


@dataclass(frozen=True, eq=False)
class Step:
    """What computes a group: the kernel of a task, or NumPy where there is none.

    Machine code takes `arguments`, constants among them, then `outputs`; a kernel that Python
    calls has its constants, and takes the `inputs`. `why` says why there is no kernel. Groups of
    the same meaning have the same task, schedule and code.
    """

    group: Group
    inputs: list[Value]
    outputs: list[Value]
    kernel: MachineCode | Callable[..., object] | None
    task: Task | None = None
    choice: Choice | None = None
    arguments: list[Value] = field(default_factory=list)
    why: str = ""


def steps_of(graph: Graph, backend: Backend, store: Store | None) -> list[Step]:
    """The steps of a bound graph; schedules are the best that `store` knows."""
    return _Steps(graph, backend, store).all()


class _Steps:
    def __init__(self, graph: Graph, backend: Backend, store: Store | None):
        self._graph = graph
        self._backend = backend
        self._store = store
        self._cache = CodeCache.from_environment()
        self._known: dict[str, tuple[Task, Choice, MachineCode | TargetKernel]] = {}

    def all(self) -> list[Step]:
        steps = []
        waiting = grouped(self._graph)[::-1]
        while waiting:
            group = waiting.pop()
            if _is_view(group):
                continue
            try:
                steps.append(self._step(group))
            except (Undefined, WorkloadError, LoweringError, CodegenError) as error:
                if len(group.nodes) > 1:  # the others may have kernels
                    waiting += [Group([node]) for node in reversed(group.nodes)]
                    continue
                logger.info("%s: by NumPy, %s", group.name, error.message)
                inputs, outputs = group.inputs, group.outputs(self._graph)
                steps.append(Step(group, inputs, outputs, None, why=error.message))
        return steps

    def _step(self, group: Group) -> Step:
        made = expression(group, self._graph)
        instance = as_instance(made.tensors)
        if instance.key not in self._known:
            task = Task.of(instance, self._backend, {})
            self._known[instance.key] = task, *compile_best(task, self._store, self._cache)
        task, choice, kernel = self._known[instance.key]
        inputs = [value for value in made.inputs if value not in made.constants]
        if isinstance(kernel, MachineCode):
            return Step(group, inputs, made.outputs, kernel, task, choice, made.inputs)
        constants = {
            f"x{made.inputs.index(value)}": self._graph.constants[value] for value in made.constants
        }
        called = kernel.bind(**constants) if constants else kernel
        return Step(group, inputs, made.outputs, called, task, choice)


def _is_view(group: Group) -> bool:
    """Whether the group is the memory of its first input, in a shape that is known."""
    (node, *others) = group.nodes
    kind = node.outputs[0].type
    is_known = kind is not None and not kind.names
    return isinstance(node.operator, VIEWS) and not others and is_known
