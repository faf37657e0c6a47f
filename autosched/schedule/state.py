"""The state of a schedule, which primitives read and change: its stages and their loops."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from autosched.errors import ScheduleError
from autosched.ir.pragma import LoopPragma
from autosched.ir.stmt import LoopKind
from autosched.schedule.relations import Relation
from autosched.schedule.rewrite import gathers, with_marked_indices, with_reads_of
from autosched.te.axis import Axis
from autosched.te.check import check_whole
from autosched.te.dag import scan_body, topological_order
from autosched.te.tensor import ComputeOp, Operation, PlaceholderOp, ScanOp, Tensor


@dataclass(slots=True, eq=False)
class AtRoot:
    """Computed whole, before the stages that read it."""


@dataclass(slots=True, eq=False)
class Inlined:
    """Computed again at every read; has no loops and no storage."""


@dataclass(slots=True, eq=False)
class At:
    """Computed inside the loop `axis` of `stage`, as much as is read there."""

    stage: StageState
    axis: Axis


Attachment = AtRoot | Inlined | At
"""The place where a stage is computed."""


@dataclass(slots=True, eq=False, repr=False)
class StageState:
    """The loops of one operation, and the place where it is computed.

    `number` names the stage in a trace. `axes` holds every axis ever made here, in the
    order it was made, so that its position names it in a trace; `leaves` are those that
    are loops now, outermost first. `op` changes when dataflow is rewritten, and `inputs` are
    the tensors that it reads. `copies` is the number of buffers that take turns.
    """

    schedule: ScheduleState
    number: int
    name: str
    op: Operation
    axes: list[Axis] = field(default_factory=list)
    leaves: list[Axis] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    kinds: dict[Axis, LoopKind] = field(default_factory=dict)
    pragmas: dict[Axis, list[LoopPragma]] = field(default_factory=dict)
    alignments: dict[Axis, tuple[int, int]] = field(default_factory=dict)
    attachment: Attachment = field(default_factory=AtRoot)
    scope: str = "global"
    copies: int = 1
    is_output: bool = False
    inputs: tuple[Tensor, ...] = ()

    def __repr__(self) -> str:
        return f"<Stage {self.number} {self.name}>"

    @property
    def is_placeholder(self) -> bool:
        return isinstance(self.op, PlaceholderOp)

    @property
    def leaf_iter_vars(self) -> list[Axis]:
        """`leaves`, by the name TVM gives them."""
        return self.leaves

    @property
    def all_iter_vars(self) -> list[Axis]:
        """`axes`, by the name TVM gives them."""
        return self.axes

    @property
    def outermost(self) -> StageState:
        """The stage at the root in whose loops this one is computed; itself at the root."""
        stage = self
        while isinstance(stage.attachment, At):
            stage = stage.attachment.stage
        return stage

    def position_of(self, axis: Axis) -> int:
        """Return the position of the loop `axis`, 0 for the outermost; -1 if it is no loop.

        Compares by identity: `axis in leaves` would make an expression for every other axis.
        """
        for position, leaf in enumerate(self.leaves):
            if leaf is axis:
                return position
        return -1

    def restart(self) -> None:
        """Make the axes of the operation the only axes, and each of them a loop."""
        self.axes = list(self.op.loops)
        self.leaves = list(self.axes)
        self.relations = []

    def copy(self, schedule: ScheduleState) -> StageState:
        """Return an equal stage for a copy of the schedule, attached to a stage of this one."""
        return replace(
            self,
            schedule=schedule,
            axes=list(self.axes),
            leaves=list(self.leaves),
            relations=list(self.relations),
            kinds=dict(self.kinds),
            pragmas={axis: list(pragmas) for axis, pragmas in self.pragmas.items()},
            alignments=dict(self.alignments),
        )

    def replace_loops(self, relation: Relation) -> None:
        """Put the results of `relation` in the place of its sources, which are adjacent loops.

        Results made of none are the outermost loops.
        A stage computed at a source is computed at the innermost result: once for each point.
        """
        sources, results = relation.sources, relation.results
        position = self.position_of(sources[0]) if sources else 0
        self.leaves[position : position + len(sources)] = results
        self.axes += results
        self.relations.append(relation)
        for stage in self.schedule.stages:
            at = stage.attachment
            if type(at) is At and at.stage is self and any(at.axis is each for each in sources):
                stage.attachment = At(self, results[-1])


class ScheduleState:
    """A stage for every operation that the outputs need.

    `stages` is in an order in which producers stand before consumers; `numbered` is in
    the order of creation, so that a stage's number is its position there. `outputs` are
    the operations as the user wrote them: `current` maps their tensors, and those of
    every other operation, to the tensors now computed in their place. `gathers` tells whether
    there are indices from data; these are marked. `scans` has the stage of the scan for its states
    and for every tensor that is computed in its steps.
    """

    stage_type: ClassVar[type[StageState]] = StageState
    stages: Sequence[StageState]
    numbered: Sequence[StageState]

    def __init__(self, outputs: list[Operation]):
        self.outputs = outputs
        self.stages = []
        self.numbered = []
        self._stage_of: dict[Operation, StageState] = {}
        self._consumers: dict[StageState, list[StageState]] | None = None
        self.scans: dict[Tensor, StageState] = {}
        check_whole(tensor for op in outputs for tensor in op.outputs)
        for op in topological_order(op.outputs[0] for op in outputs):
            self.add_stage(op)
        for op in outputs:
            self._stage_of[op].is_output = True
        for stage in self.stages:
            if isinstance(stage.op, ScanOp):
                self._enter_steps(stage, stage.op)
        gathering = [stage for stage in self.stages if gathers(stage.op)]
        self.gathers = bool(gathering)
        self.rewrite(dict.fromkeys(gathering, with_marked_indices))

    def _copy_stages(self, other: ScheduleState) -> None:
        """Take the stages of another schedule, each copied; operations and axes are shared."""
        self.outputs = other.outputs
        self.gathers = other.gathers
        self.numbered = [stage.copy(self) for stage in other.numbered]
        for stage in self.numbered:
            at = stage.attachment
            if type(at) is At:
                stage.attachment = At(self.numbered[at.stage.number], at.axis)
        self.stages = [self.numbered[stage.number] for stage in other.stages]
        of = other._stage_of.items()
        self._stage_of = {op: self.numbered[stage.number] for op, stage in of}
        scans = other.scans.items()
        self.scans = {tensor: self.numbered[stage.number] for tensor, stage in scans}
        self._consumers = None

    def __getitem__(self, target: Tensor | Operation | StageState) -> StageState:
        """Return the stage that computes a tensor or an operation, as written or as rewritten."""
        stage = (
            target if isinstance(target, StageState) else self._stage_of.get(operation_of(target))
        )
        if stage is None or stage.schedule is not self:
            raise ScheduleError(
                f"expected a tensor or an operation of this schedule, got {target!r}",
                hint="it has " + ", ".join(stage.name for stage in self.stages),
            )
        return stage

    @property
    def tensors(self) -> list[Tensor]:
        """The first tensor of each stage, in the order of `stages`."""
        return [stage.op.outputs[0] for stage in self.stages]

    def tensor(self, numbers: tuple[int, int]) -> Tensor:
        """Return the tensor with a stage's number and a value index."""
        number, index = numbers
        return self.numbered[number].op.outputs[index]

    def current(self, tensor: Tensor) -> Tensor:
        """Return the tensor now computed, or given, in the place of `tensor`."""
        return self[tensor].op.outputs[tensor.value_index]

    def __contains__(self, tensor: Tensor) -> bool:
        """Whether a tensor is computed or read by the schedule."""
        return tensor.op in self._stage_of

    def consumers(self, stage: StageState) -> Sequence[StageState]:
        """Return the stages that read `stage`, inlined ones too, in topological order."""
        if self._consumers is None:
            self._consumers = {each: [] for each in self.stages}
            for each in self.stages:
                for producer in dict.fromkeys(self._stage_of[t.op] for t in each.inputs):
                    self._consumers[producer].append(each)
        return self._consumers[stage]

    def add_stage(
        self,
        op: Operation,
        *,
        scope: str = "global",
        before: StageState | None = None,
        after: StageState | None = None,
    ) -> StageState:
        """Make a stage for `op`, at the end or beside another stage."""
        stage = self.stage_type(self, len(self.numbered), op.name, op, scope=scope)
        stage.restart()
        self.numbered = [*self.numbered, stage]
        place = len(self.stages)
        if before is not None:
            place = self.stages.index(before)
        elif after is not None:
            place = self.stages.index(after) + 1
        self.stages = [*self.stages[:place], stage, *self.stages[place:]]
        self._stage_of[op] = stage
        stage.inputs = tuple(op.input_tensors)
        self._consumers = None
        scan = next((self.scans[tensor] for tensor in stage.inputs if tensor in self.scans), None)
        if scan is not None:
            self._enter_step(stage, scan)
        return stage

    def _enter_steps(self, scan: StageState, op: ScanOp) -> None:
        self.scans.update(dict.fromkeys(op.state_placeholder, scan))
        for each in scan_body(op):
            self._enter_step(self._stage_of[each], scan)

    def _enter_step(self, stage: StageState, scan: StageState) -> None:
        """Compute a stage in each step of a scan."""
        stage.attachment = At(scan, scan.leaves[-1])
        self.scans.update(dict.fromkeys(stage.op.outputs, scan))

    def rewrite(self, changes: dict[StageState, Callable[[ComputeOp], ComputeOp]]) -> None:
        """Give stages other operations, and let their readers read the new ones."""
        moved: dict[Tensor, Tensor] = {}
        for stage in self.stages:
            old = stage.op
            if not isinstance(old, ComputeOp):
                continue
            new = with_reads_of(old, moved) if not moved.keys().isdisjoint(stage.inputs) else old
            if stage in changes:
                new = changes[stage](new)
            if new is not old:
                self.replace_op(stage, new)
                moved.update(zip(old.outputs, new.outputs, strict=True))
                scan = self.scans.get(old.outputs[0])
                if scan is not None:
                    self.scans.update(dict.fromkeys(new.outputs, scan))
        self._consumers = None

    def replace_op(self, stage: StageState, op: Operation) -> None:
        """Give a stage another operation, while its readers still read the tensors of the old."""
        stage.op = op
        stage.inputs = tuple(op.input_tensors)
        self._stage_of[op] = stage
        self._consumers = None

    def unused_name(self, name: str) -> str:
        """Return `name`, with a number after it if a stage has this name."""
        return unused_name(name, {stage.name for stage in self.stages})


def unused_name(name: str, taken: Container[str]) -> str:
    """Return `name`, with a number after it if it is taken."""
    unused, number = name, 1
    while unused in taken:
        unused, number = f"{name}.{number}", number + 1
    return unused


def operation_of(target: Any) -> Any:
    """Return the operation of a tensor, or an operation itself; None for other values."""
    if isinstance(target, Tensor):
        return target.op
    return target if isinstance(target, Operation) else None
