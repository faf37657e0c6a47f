"""The schedule: how each operation of a tensor expression is computed, and how it got there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autosched.errors import ScheduleError
from autosched.schedule import actions
from autosched.schedule.marking import gathers, with_marked_indices
from autosched.schedule.reason import Reason
from autosched.schedule.rewrite import with_reads_of
from autosched.schedule.stage import Stage
from autosched.te.dag import topological_order
from autosched.te.operation import ComputeOp
from autosched.te.tensor import Operation, Tensor

if TYPE_CHECKING:
    from autosched.schedule.primitives.base import Primitive

Target = Tensor | Operation | Stage


class Schedule:
    """A stage for every operation that the outputs need, and the trace of what was done.

    `stages` is in an order in which producers stand before consumers; `numbered` is in
    the order of creation, so that a stage's number is its position there. `outputs` are
    the operations as the user wrote them: `current` maps their tensors, and those of
    every other operation, to the tensors now computed in their place. `gathers` says that
    there are indices from data; they are marked.
    """

    def __init__(self, outputs: list[Operation]):
        self.outputs = outputs
        self.stages: list[Stage] = []
        self.numbered: list[Stage] = []
        self.trace: list[Primitive] = []
        self._stage_of: dict[Operation, Stage] = {}
        self._consumers: dict[Stage, list[Stage]] | None = None
        for op in topological_order(op.outputs[0] for op in outputs):
            self.add_stage(op, origin=op)
        for op in outputs:
            self._stage_of[op].is_output = True
        gathering = [stage for stage in self.stages if gathers(stage.op)]
        self.gathers = bool(gathering)
        self.rewrite(dict.fromkeys(gathering, with_marked_indices))

    def __getitem__(self, target: Target) -> Stage:
        """The stage that computes a tensor or an operation, as written or as rewritten."""
        stage = target if isinstance(target, Stage) else self._stage_of.get(_operation(target))
        if stage is None or stage.schedule is not self:
            raise ScheduleError(
                f"expected a tensor or an operation of this schedule, got {target!r}",
                hint="it has " + ", ".join(stage.name for stage in self.stages),
            )
        return stage

    def __str__(self) -> str:
        from autosched.schedule.text import nest_text

        return nest_text(self)

    def __repr__(self) -> str:
        return f"<Schedule of {', '.join(op.name for op in self.outputs)}>"

    @property
    def tensors(self) -> list[Tensor]:
        """The first tensor of each stage, in the order of `stages`."""
        return [stage.op.outputs[0] for stage in self.stages]

    def current(self, tensor: Tensor) -> Tensor:
        """The tensor now computed in the place of `tensor`."""
        return self[tensor].op.outputs[tensor.value_index]

    def consumers(self, stage: Stage) -> list[Stage]:
        """The stages that read a tensor of `stage`, inlined ones too, in topological order."""
        if self._consumers is None:
            self._consumers = {each: [] for each in self.stages}
            for each in self.stages:
                for producer in dict.fromkeys(self._stage_of[t.op] for t in each.inputs):
                    self._consumers[producer].append(each)
        return self._consumers[stage]

    def why_not(self, step: Primitive) -> Reason | None:
        """The reason why `step` cannot be applied now, or None. Changes nothing."""
        return step.check(self) or step.why_not(self)

    def apply(self, step: Primitive) -> Any:
        """Apply `step` and append it to the trace.

        Raises ScheduleError, and changes nothing, where it cannot be applied.
        """
        reason = step.check(self) or step.why_not(self)
        if reason is not None:
            raise reason.error(self)
        result = step.apply(self)
        self.trace.append(step)
        return result

    def add_stage(
        self,
        op: Operation,
        origin: Operation | None = None,
        *,
        scope: str = "global",
        before: Stage | None = None,
        after: Stage | None = None,
    ) -> Stage:
        """A new stage for `op`, last or beside another one; for primitives."""
        stage = Stage(self, len(self.numbered), op.name, op, origin, scope=scope)
        stage.restart()
        self.numbered.append(stage)
        if before is not None:
            self.stages.insert(self.stages.index(before), stage)
        elif after is not None:
            self.stages.insert(self.stages.index(after) + 1, stage)
        else:
            self.stages.append(stage)
        self._stage_of[op] = stage
        stage.inputs = tuple(op.input_tensors)
        self._consumers = None
        return stage

    def rewrite(self, changes: dict[Stage, Callable[[ComputeOp], ComputeOp]]) -> None:
        """Give stages other operations, and let all that read them read the new ones."""
        moved: dict[Tensor, Tensor] = {}
        for stage in self.stages:
            old = stage.op
            if not isinstance(old, ComputeOp):
                continue
            new = with_reads_of(old, moved) if not moved.keys().isdisjoint(stage.inputs) else old
            if stage in changes:
                new = changes[stage](new)
            if new is not old:
                stage.op = new
                stage.inputs = tuple(new.input_tensors)
                self._stage_of[new] = stage
                moved.update(zip(old.outputs, new.outputs, strict=True))
        self._consumers = None

    def unused_name(self, name: str) -> str:
        """`name`, with a number after it where a stage is called so already."""
        taken = {stage.name for stage in self.stages}
        unused, number = name, 1
        while unused in taken:
            unused, number = f"{name}.{number}", number + 1
        return unused

    def cache_read(self, tensor: Tensor, scope: str, readers: Any, layout: Any = None) -> Tensor:
        """Let `readers` read a copy of `tensor`; see `primitives.cache_read`."""
        return self.apply(actions.cache_read(self, tensor, scope, readers, layout))

    def cache_write(self, tensor: Any, scope: str) -> Any:
        """Compute `tensor` in a stage of its own; see `primitives.cache_write`."""
        tensors = self.apply(actions.cache_write(self, tensor, scope))
        return list(tensors) if isinstance(tensor, (list, tuple)) else tensors[0]

    def rfactor(self, tensor: Tensor, axis: Any, factor_axis: int = 0) -> Any:
        """Reduce in two steps; see `primitives.rfactor`. A list for several outputs."""
        tensors = self.apply(actions.rfactor(self, tensor, axis, factor_axis))
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def normalize(self) -> Schedule:
        """This schedule: extents need no preparation here. Kept for TVM's scripts."""
        return self

    def create_group(self, outputs: Any, inputs: Any, include_inputs: bool = False) -> Any:
        raise actions.not_offered("create_group", "move the stages with compute_at, one by one")


def create_schedule(ops: Any) -> Schedule:
    """The schedule that computes every stage of `ops` whole, with serial loops.

    `ops` is a tensor or an operation, or a list of them: the outputs. The numbers of the
    stages follow from the structure of the expression, not from names, so that a trace
    applies to the same expression built again. Raises ScheduleError.
    """
    given = list(ops) if isinstance(ops, (list, tuple)) else [ops]
    outputs = list(dict.fromkeys(_operation(item) for item in given))
    if not outputs or None in outputs:
        raise ScheduleError(
            f"expected a tensor or an operation or a list of them, got {ops!r}",
            hint="give the outputs, as in te.create_schedule(C)",
        )
    return Schedule(outputs)


def _operation(target: Any) -> Any:
    if isinstance(target, Tensor):
        return target.op
    return target if isinstance(target, Operation) else None
