"""The steps of a network: the kernel that computes each group, or NumPy where there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from autosched.backends.base import Backend
from autosched.errors import AutoschedError, CodegenError, LoweringError, WorkloadError
from autosched.graph.expression import expression
from autosched.graph.graph import Graph, Value
from autosched.graph.groups import Group, grouped
from autosched.graph.kernels import Kernels
from autosched.graph.operators.in_blocks import InBlocks
from autosched.graph.operators.operator import Undefined
from autosched.graph.views import views_of
from autosched.runtime.code import MachineCode
from autosched.search.choice import Choice
from autosched.search.task import Task

logger = logging.getLogger("autosched")


@dataclass(frozen=True, eq=False)
class Step:
    """What computes a group: the kernel of a task, or NumPy where there is none.

    Machine code takes `arguments`, constants among them, then `outputs`; a kernel that Python
    calls has its constants, and takes the `inputs`. `why` says why there is no kernel, `placed`
    why an accelerator computes it or does not, and `model_ns` is its time by the target's model.
    Groups of the same meaning have the same task, schedule and code.
    """

    group: Group
    inputs: list[Value]
    outputs: list[Value]
    kernel: MachineCode | Callable[..., object] | None
    task: Task | None = None
    choice: Choice | None = None
    arguments: list[Value] = field(default_factory=list)
    why: str = ""
    placed: str = ""
    model_ns: float | None = None


def steps_of(
    graph: Graph, backend: Backend, kernels: Kernels, reasons: Mapping[str, str] | None = None
) -> list[Step]:
    """The steps of a bound graph; `reasons` say where nodes are computed, by their names."""
    return _Steps(graph, backend, kernels, reasons or {}).all()


class _Steps:
    def __init__(
        self, graph: Graph, backend: Backend, kernels: Kernels, reasons: Mapping[str, str]
    ):
        self._graph = graph
        self._views = views_of(graph).nodes
        self._backend = backend
        self._kernels = kernels
        self._reasons = reasons

    def all(self) -> list[Step]:
        steps = [step for group in grouped(self._graph) for step in self._of(group)]
        return [each for step in steps for each in self._compiled(step)]

    def _of(self, group: Group) -> list[Step]:
        if len(group.nodes) == 1 and group.nodes[0] in self._views:
            return []
        try:
            return [self._step(group)]
        except (Undefined, WorkloadError, LoweringError, CodegenError) as error:
            return self._apart(group, error)

    def _compiled(self, step: Step) -> list[Step]:
        """The step, once LLVM has compiled its kernel; others in its place where LLVM fails."""
        try:
            if isinstance(step.kernel, MachineCode):
                step.kernel.content.result()
        except CodegenError as error:
            return [
                each for part in self._apart(step.group, error) for each in self._compiled(part)
            ]
        return [step]

    def _apart(self, group: Group, error: AutoschedError) -> list[Step]:
        """The steps of a group without a kernel: each of its nodes alone, one alone by NumPy."""
        if len(group.nodes) > 1:
            return [step for node in group.nodes for step in self._of(Group([node]))]
        level = logging.WARNING if isinstance(error, CodegenError) else logging.INFO
        logger.log(level, "%s: by NumPy, %s", group.name, error.message)
        inputs, outputs = group.inputs, group.outputs(self._graph)
        placed = self._placed(group)
        return [Step(group, inputs, outputs, None, why=error.message, placed=placed)]

    def _step(self, group: Group) -> Step:
        made = expression(group, self._graph)
        backend = self._backend_of(group)
        found = self._kernels.of(made.tensors, backend)
        task, choice, kernel = found.task, found.choice, found.kernel
        inputs = [value for value in made.inputs if value not in made.constants]
        placed = self._placed(group)
        if isinstance(kernel, MachineCode):
            return Step(group, inputs, made.outputs, kernel, task, choice, made.inputs, "", placed)
        constants = {
            f"x{made.inputs.index(value)}": self._graph.constants[value] for value in made.constants
        }
        called = kernel.bind(**constants) if constants else kernel
        time_ns = backend.time_ns(kernel)
        return Step(group, inputs, made.outputs, called, task, choice, [], "", placed, time_ns)

    def _backend_of(self, group: Group) -> Backend:
        """The target of a group: the accelerator, or the host of the others."""
        offloading = self._backend.offloading
        is_there = isinstance(group.nodes[0].operator, InBlocks)
        return self._backend if offloading is None or is_there else offloading.host

    def _placed(self, group: Group) -> str:
        """Why the group is where it is: what is said of its nodes, each once."""
        said = (self._reasons.get(node.name) for node in group.nodes)
        return "; ".join(dict.fromkeys(reason for reason in said if reason))
