"""The steps of TVM's states and logs as our primitives.

A step names a stage by its number and a loop by its position among the loops that the stage has
then. What cannot be said raises ScheduleError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from autosched.errors import ScheduleError
from autosched.schedule.schedule import Schedule, Stage, create_schedule
from autosched.te import dag, thread_axis
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor
from autosched.tvm.auto_scheduler.numbering import numbered

ANNOTATIONS = (
    "none", "unroll", "vectorize", "parallel", "vthread", "blockIdx.x", "threadIdx.x",
    "blockIdx.y", "threadIdx.y", "blockIdx.z", "threadIdx.z", "tensorize",
)  # fmt: skip
"""The annotations by number."""

THREADS = ANNOTATIONS[4:11]
"""The annotations that bind a loop to threads."""


def schedule_of(tensors: Sequence[Tensor], steps: Sequence[Any]) -> Schedule:
    """Return the schedule of a CPU's steps. Raises ScheduleError where one cannot be said."""
    reading = SteppedSchedule.of(tensors)
    for step in steps:
        reading.apply(step)
        if step[0] == "AN" and ANNOTATIONS[step[3]] in THREADS:
            raise ScheduleError("expected a loop of a CPU, got one bound to a thread of a GPU")
    return reading.schedule


class SteppedSchedule:
    """A schedule to which steps are applied, with the stages and loops as TVM numbers them."""

    def __init__(self, schedule: Schedule, stages: Sequence[Stage]):
        self.schedule = schedule
        self.stages = list(stages)
        self.loops: dict[Stage, list[Axis]] = {s: list(s.leaves) for s in self.stages}
        self.steps: list[list[Any]] = []
        self.splits: dict[int, tuple[list[int], bool]] = {}
        """The extents of the inner loops of each split, by the number of its step."""

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> SteppedSchedule:
        """Return the default schedule of tensors, without steps."""
        schedule = create_schedule([tensor.op for tensor in dag.outputs(tensors)])
        return cls(schedule, [schedule[op] for op in numbered(tensors)])

    def apply(self, step: Sequence[Any]) -> None:
        """Apply a step: its kind, the number of a stage, and what the kind takes.

        Raises ScheduleError, and changes nothing, if the step is malformed or illegal.
        """
        try:
            kind, place, *rest = step
            apply = _KINDS.get(kind)
            if apply is None:
                raise ScheduleError(f"expected a step that can be said here, got {kind}")
            if not 0 <= place < len(self.stages):
                raise LookupError(place)
            apply(self, len(self.steps), self.stages[place], *rest)
        except (LookupError, TypeError, ValueError):
            raise ScheduleError(f"expected a step of the auto-scheduler, got {step!r}") from None
        self.steps.append(list(step))

    def annotate(self, number: int, stage: Stage, loop: int, annotation: int) -> None:
        name, axis = ANNOTATIONS[annotation], self.loops[stage][loop]
        if name in THREADS:
            stage.bind(axis, thread_axis(name))
        elif name == "tensorize":
            raise ScheduleError("expected a loop without a tensor intrinsic, got a tensorized one")
        elif name != "none":
            getattr(stage, name)(axis)

    def fuse(self, number: int, stage: Stage, places: Sequence[int]) -> None:
        loops = self.loops[stage]
        if len(places) > 1:
            fused = stage.fuse(*(loops[place] for place in places))
            loops[places[0] : places[-1] + 1] = [fused]

    def pragma(self, number: int, stage: Stage, loop: int, text: str) -> None:
        key, _, value = text.partition("$")
        if key != "auto_unroll_max_step":
            raise ScheduleError(f"expected a pragma that is known here, got {key}")
        if self.loops[stage]:
            stage.pragma(self.loops[stage][loop], key, int(value))

    def reorder(self, number: int, stage: Stage, order: Sequence[int]) -> None:
        self.loops[stage] = [self.loops[stage][place] for place in order]
        stage.reorder(*self.loops[stage])

    def split(
        self, number: int, stage: Stage, loop: int, extent: Any, sizes: Sequence[Any], inward: int
    ) -> None:
        if any(size is None for size in sizes):
            raise ScheduleError("expected the sizes of a split, got some that are open")
        self.splits[number] = [int(size) for size in sizes], bool(inward)
        self._split(stage, loop, *self.splits[number])

    def follow_split(self, number: int, stage: Stage, loop: int, source: int, parts: int) -> None:
        sizes, inward = self.splits[source]
        self._split(stage, loop, [*sizes[: parts - 1], prod(sizes[parts - 1 :])], inward)

    def follow_fused_split(
        self, number: int, stage: Stage, loop: int, sources: Sequence[int], level: int, inner: int
    ) -> None:
        size = prod(self.splits[source][0][level] for source in sources)
        self._split(stage, loop, [size], bool(inner))

    def storage_align(self, number: int, stage: Stage, loop: int, factor: int, offset: int) -> None:
        stage.storage_align(self.loops[stage][loop], factor, offset)

    def compute_at(self, number: int, stage: Stage, target: int, loop: int) -> None:
        parent = self.stages[target]
        stage.compute_at(parent, self.loops[parent][loop])

    def compute_inline(self, number: int, stage: Stage) -> None:
        stage.compute_inline()

    def compute_root(self, number: int, stage: Stage) -> None:
        stage.compute_root()

    def cache_read(self, number: int, stage: Stage, scope: str, readers: Sequence[int]) -> None:
        reading = [self.stages[place] for place in readers]
        made = self.schedule.cache_read(stage.op.outputs[0], scope, reading)
        self._insert(self.stages.index(stage) + 1, self.schedule[made])

    def cache_write(self, number: int, stage: Stage, scope: str) -> None:
        made = self.schedule.cache_write(list(stage.op.outputs), scope)
        self._insert(self.stages.index(stage), self.schedule[made[0]], stage)

    def rfactor(self, number: int, stage: Stage, loop: int, factor_axis: int) -> None:
        axis = self.loops[stage][loop]
        made = self.schedule.rfactor(stage.op.outputs[0], axis, factor_axis)
        first = made[0] if isinstance(made, list) else made
        self._insert(self.stages.index(stage), self.schedule[first], stage)

    def _split(self, stage: Stage, loop: int, sizes: Sequence[int], inward: bool) -> None:
        """Split by the extents of the inner loops, or if not `inward` of the outer ones."""
        axis = self.loops[stage][loop]
        made: list[Axis] = []
        for size in reversed(sizes) if inward else sizes:
            if inward:
                axis, inner = stage.split(axis, factor=size)
                made.insert(0, inner)
            else:
                outer, axis = stage.split(axis, nparts=size)
                made.append(outer)
        made.insert(0 if inward else len(made), axis)
        self.loops[stage][loop : loop + 1] = made

    def _insert(self, place: int, made: Stage, *changed: Stage) -> None:
        """Give a made stage its number; it and the changed ones have new loops."""
        self.stages.insert(place, made)
        for stage in (made, *changed):
            self.loops[stage] = list(stage.leaves)


_KINDS: dict[str, Callable[..., None]] = {
    "AN": SteppedSchedule.annotate,
    "FU": SteppedSchedule.fuse,
    "PR": SteppedSchedule.pragma,
    "RE": SteppedSchedule.reorder,
    "SP": SteppedSchedule.split,
    "FSP": SteppedSchedule.follow_split,
    "FFSP": SteppedSchedule.follow_fused_split,
    "SA": SteppedSchedule.storage_align,
    "CA": SteppedSchedule.compute_at,
    "CI": SteppedSchedule.compute_inline,
    "CR": SteppedSchedule.compute_root,
    "CHR": SteppedSchedule.cache_read,
    "CHW": SteppedSchedule.cache_write,
    "RF": SteppedSchedule.rfactor,
}
