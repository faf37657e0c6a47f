"""States: schedules as the auto-scheduler names their stages, loops and steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from autosched.errors import ScheduleError
from autosched.ir.expr import Const, Expr
from autosched.ir.pragma import Thread
from autosched.ir.stmt import LoopKind
from autosched.lowering.bounds import inferred_bounds
from autosched.schedule.schedule import Stage
from autosched.schedule.state import At, Inlined
from autosched.schedule.trace import from_json, replay, to_json
from autosched.te import dag
from autosched.te.axis import Axis
from autosched.te.tensor import Operation, Tensor
from autosched.tvm.auto_scheduler.steps import ANNOTATIONS, THREADS, SteppedSchedule

Place = Tensor | Operation | int
"""A stage: what it computes, or its number."""


@dataclass(frozen=True)
class LoopRange:
    """The values of a loop: `extent` of them from `min` on; numbers where they are known."""

    min: int | Expr
    extent: int | Expr


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop of a stage, which TVM calls an iterator."""

    stage: Stage
    axis: Axis
    annotation: int

    @property
    def name(self) -> str:
        return self.axis.name

    @property
    def range(self) -> LoopRange:
        """The values of the loop, as far as the loops around it tell."""
        found = inferred_bounds(self.stage.schedule).get(self.axis, self.axis.dom)
        return LoopRange(_number(found.min), _number(found.extent))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loop) and self.axis is other.axis

    def __hash__(self) -> int:
        return hash(self.axis)


@dataclass(frozen=True)
class StateStage:
    """The loops of a stage; `compute_at` is 0 at the root, 1 if it is inlined, 2 in a loop."""

    op: Operation
    iters: Sequence[Loop]
    compute_at: int


class State:
    """A schedule of tensors, by a trace of ours as JSON. Its methods apply steps to it."""

    ANNOTATION_TRANS_TABLE: ClassVar = {name: n for n, name in enumerate(ANNOTATIONS)}

    def __init__(self, tensors: Sequence[Tensor], trace: str | None = None):
        self._tensors = tensors
        self._start = trace
        self._origin: State | None = None

    @cached_property
    def _stepped(self) -> SteppedSchedule:
        if self._start is None:
            return SteppedSchedule.of(self._tensors)
        schedule = replay(dag.outputs(self._tensors), from_json(self._start))
        return SteppedSchedule(schedule, list(schedule.stages))

    @property
    def trace(self) -> str:
        """The steps as a trace of our primitives, as JSON."""
        if self._start is not None and "_stepped" not in self.__dict__:
            return self._start
        return to_json(self._stepped.schedule.trace)

    @property
    def transform_steps(self) -> list[list[Any]]:
        """The steps that were applied to this state, as logs have them."""
        return self._stepped.steps

    @property
    def stage_ops(self) -> list[Operation]:
        return [stage.op for stage in self._stepped.stages]

    @property
    def stages(self) -> list[StateStage]:
        return [self._shown(stage) for stage in self._stepped.stages]

    def __getitem__(self, place: Place) -> StateStage:
        return self._shown(self._stepped.stages[self._number(place)])

    def __iter__(self) -> Iterator[StateStage]:
        return iter(self.stages)

    def copy(self) -> State:
        """Return a state with the same schedule, which also takes the loops and tensors of this."""
        made = State(self._tensors, self.trace)
        made._origin = self
        made._stepped.steps = list(self._stepped.steps)
        made._stepped.splits = dict(self._stepped.splits)
        return made

    def split(
        self, stage: Place, iterator: Loop, lengths: Sequence[int], inner_to_outer: bool = True
    ) -> list[Loop]:
        """Split by the extents of the inner loops, or of the outer ones; return the loops."""
        place, loop = self._place(stage, iterator)
        extent = iterator.range.extent
        step = ["SP", place, loop, extent, list(lengths), int(inner_to_outer)]
        return self._made(step, loop, len(lengths) + 1)

    def follow_split(
        self, stage: Place, iterator: Loop, src_step_id: int, n_split: int
    ) -> list[Loop]:
        """Split as an earlier step did, into `n_split` parts and one outside of them."""
        place, loop = self._place(stage, iterator)
        return self._made(["FSP", place, loop, src_step_id, n_split], loop, n_split + 1)

    def follow_fused_split(
        self,
        stage: Place,
        iterator: Loop,
        src_step_ids: Sequence[int],
        level: int,
        factor_or_nparts: bool,
    ) -> list[Loop]:
        """Split by the product of what some splits have at a level, into two loops."""
        place, loop = self._place(stage, iterator)
        step = ["FFSP", place, loop, list(src_step_ids), level, int(factor_or_nparts)]
        return self._made(step, loop, 2)

    def fuse(self, stage: Place, iters: Sequence[Loop]) -> Loop:
        """Fuse adjacent loops and return the one made."""
        place = self._number(stage)
        loops = [self._loop(place, each) for each in iters]
        return self._made(["FU", place, loops], loops[0], 1)[0]

    def reorder(self, stage: Place, order: Sequence[Loop]) -> None:
        """Put the loops of a stage in this order, outermost first. All of them are given."""
        place = self._number(stage)
        self._stepped.apply(["RE", place, [self._loop(place, each) for each in order]])

    def parallel(self, stage: Place, iterator: Loop) -> Loop:
        return self._annotated(stage, iterator, "parallel")

    def unroll(self, stage: Place, iterator: Loop, max_unroll: int | None = None) -> Loop:
        """Unroll a loop, unless its extent is over `max_unroll`."""
        extent = iterator.range.extent
        if max_unroll is not None and not (isinstance(extent, int) and extent <= max_unroll):
            return iterator
        return self._annotated(stage, iterator, "unroll")

    def vectorize(self, stage: Place, iterator: Loop) -> Loop:
        return self._annotated(stage, iterator, "vectorize")

    def bind(self, stage: Place, iterator: Loop, thread_name: str) -> Loop:
        """Bind a loop to threads of a GPU, or virtual ones, which is printed only."""
        if thread_name not in THREADS:
            raise ScheduleError(
                f"expected the name of threads, one of {', '.join(THREADS)}, got {thread_name}"
            )
        return self._annotated(stage, iterator, thread_name)

    def pragma(self, stage: Place, iterator: Loop, pragma_type: str) -> None:
        """Give a loop a pragma, as `auto_unroll_max_step$64`."""
        place, loop = self._place(stage, iterator)
        self._stepped.apply(["PR", place, loop, pragma_type])

    def storage_align(self, stage: Place, iterator: Loop, factor: int, offset: int) -> None:
        place, loop = self._place(stage, iterator)
        self._stepped.apply(["SA", place, loop, factor, offset])

    def compute_at(self, stage: Place, target_stage: Place, target_iter: Loop) -> None:
        target, loop = self._place(target_stage, target_iter)
        self._stepped.apply(["CA", self._number(stage), target, loop])

    def compute_inline(self, stage: Place) -> None:
        self._stepped.apply(["CI", self._number(stage)])

    def compute_root(self, stage: Place) -> None:
        self._stepped.apply(["CR", self._number(stage)])

    def cache_read(self, stage: Place, scope_name: str, reader_stages: Sequence[Place]) -> Tensor:
        """Return the copy of a stage that `reader_stages` read in its place."""
        place = self._number(stage)
        readers = [self._number(each) for each in reader_stages]
        self._stepped.apply(["CHR", place, scope_name, readers])
        return self._tensor(place + 1)

    def cache_write(self, stage: Place, scope_name: str) -> Tensor:
        """Return the tensor that is computed first, and then copied to the stage."""
        place = self._number(stage)
        self._stepped.apply(["CHW", place, scope_name])
        return self._tensor(place)

    def rfactor(self, stage: Place, iterator: Loop, factor_iter_id: int) -> Tensor:
        """Return the tensor of partial results, one for each value of a reduce loop."""
        place, loop = self._place(stage, iterator)
        self._stepped.apply(["RF", place, loop, factor_iter_id])
        return self._tensor(place)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, State) and self.trace == other.trace

    def __hash__(self) -> int:
        return hash(self.trace)

    def __repr__(self) -> str:
        return f"State({self.trace})"

    def __str__(self) -> str:
        """Return the loops."""
        placeholders = [stage.name for stage in self._stepped.stages if stage.is_placeholder]
        return f"Placeholder: {', '.join(placeholders)}\n{self._stepped.schedule}\n"

    def _number(self, place: Place) -> int:
        return place if isinstance(place, int) else self._stepped.stages.index(self._stage(place))

    def _stage(self, place: Tensor | Operation) -> Stage:
        schedule = self._stepped.schedule
        try:
            return schedule[place]
        except ScheduleError:
            if self._origin is None:
                raise
        return schedule[schedule.numbered[self._origin._stage(place).number]]

    def _loop(self, place: int, iterator: Loop) -> int:
        stage = self._stepped.stages[place]
        axis = stage.axes[self._axis(stage, iterator)]
        for number, each in enumerate(self._stepped.loops[stage]):
            if each is axis:
                return number
        raise ScheduleError(f"expected a loop of stage {stage.name}, got {iterator.name}")

    def _axis(self, stage: Stage, iterator: Loop) -> int:
        """Return the position of a loop among all axes of a stage, here or where it was copied."""
        for number, axis in enumerate(stage.axes):
            if axis is iterator.axis:
                return number
        if self._origin is None:
            raise ScheduleError(f"expected a loop of stage {stage.name}, got {iterator.name}")
        theirs = self._origin._stepped.schedule
        return self._origin._axis(theirs[theirs.numbered[stage.number]], iterator)

    def _place(self, stage: Place, iterator: Loop) -> tuple[int, int]:
        place = self._number(stage)
        return place, self._loop(place, iterator)

    def _made(self, step: list[Any], first: int, count: int) -> list[Loop]:
        self._stepped.apply(step)
        return list(self[step[1]].iters[first : first + count])

    def _annotated(self, stage: Place, iterator: Loop, annotation: str) -> Loop:
        place, loop = self._place(stage, iterator)
        number = ANNOTATIONS.index(annotation)
        return self._made(["AN", place, loop, number], loop, 1)[0]

    def _tensor(self, place: int) -> Tensor:
        return self._stepped.stages[place].op.outputs[0]

    def _shown(self, stage: Stage) -> StateStage:
        loops = [Loop(stage, axis, _annotation(stage, axis)) for axis in self._stepped.loops[stage]]
        at = stage.attachment
        return StateStage(stage.op, loops, 1 if isinstance(at, Inlined) else 2 * isinstance(at, At))


_NAMES = {
    LoopKind.SERIAL: "none",
    LoopKind.UNROLLED: "unroll",
    LoopKind.VECTORIZED: "vectorize",
    LoopKind.PARALLEL: "parallel",
    LoopKind.VTHREAD: "vthread",
}


def _annotation(stage: Stage, axis: Axis) -> int:
    threads = [each.value for each in stage.pragmas.get(axis, ()) if isinstance(each, Thread)]
    name = threads[0] if threads else _NAMES[stage.kinds.get(axis, LoopKind.SERIAL)]
    return ANNOTATIONS.index(name)


def _number(value: Expr) -> int | Expr:
    return int(value.value) if isinstance(value, Const) else value
