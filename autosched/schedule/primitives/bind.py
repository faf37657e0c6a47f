"""Run the points of a loop as threads: virtual ones, or those of a GPU."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.pragma import Thread
from autosched.ir.stmt import LoopKind
from autosched.schedule.arguments import AXIS, STAGE, WORD, takes
from autosched.schedule.legality import Reason, ordered, unknown_extent
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import Annotation
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis, AxisKind

VIRTUAL = ("vthread", "cthread")
GPU = tuple(f"{kind}Idx.{dimension}" for kind in ("block", "thread") for dimension in "xyz")


@dataclass(frozen=True, slots=True)
class Bind(Annotation):
    """Interleave the points of a loop, each with buffers of its own.

    An accelerator then loads for one thread while it computes for another. Elsewhere the
    points run one after the other. Requires a data axis of a constant extent, not
    annotated, and the name of a virtual thread: "vthread" or "cthread".

    The name of a GPU's threads, such as "blockIdx.x" or "threadIdx.y", takes any loop that is
    not annotated. Such a schedule is printed and interpreted; no target has code for it.

        for t in range(2):                  vthread t in range(2):
            B[t] = A[t]             ->          B[t] = A[t]

    Others: TVM `bind(ivar, te.thread_axis("cthread"))`; Halide and Exo have no such loops.
    """

    name = "bind"
    kind = LoopKind.VTHREAD
    arguments = takes(stage=STAGE, axis=AXIS, thread=WORD)

    thread: str

    def is_done(self, stage: StageState, axis: Axis) -> bool:
        return Thread(self.thread) in stage.pragmas.get(axis, ())

    def misfit(self, stage: StageState, axis: Axis) -> Reason | None:
        if axis.kind is AxisKind.ORDERED:
            return ordered(stage, axis, "bind to threads")
        if self.thread in GPU:
            return None
        if self.thread not in VIRTUAL:
            return Reason(
                "expected a thread to bind {axis.name} of stage {stage.name} to, got {thread}",
                (stage, axis),
                hint='bind it to te.thread_axis("vthread") or, of a GPU, "threadIdx.x"',
                thread=self.thread,
            )
        if axis.kind is not AxisKind.DATA:
            return Reason(
                "expected a data axis to bind to threads, got the reduce axis {axis.name} of "
                "stage {stage.name}",
                (stage, axis),
                hint="double_buffer overlaps the steps of a reduction",
            )
        return unknown_extent(stage, axis, "bind")

    def apply(self, schedule: ScheduleState) -> None:
        stage, axis = self.loop_in(schedule)
        if self.is_done(stage, axis):
            return
        if self.thread in GPU:
            stage.kinds[axis] = LoopKind.THREAD
            stage.pragmas.setdefault(axis, []).append(Thread(self.thread))
        else:
            stage.kinds[axis] = self.kind

    def python(self, names: Names) -> str:
        axis = names.axis(self.stage, self.axis)
        return f"{names.stage(self.stage)}.bind({axis}, te.thread_axis({self.thread!r}))"
