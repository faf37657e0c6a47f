"""Run the points of a loop as virtual threads."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.stmt import LoopKind
from autosched.schedule.arguments import AXIS, STAGE, WORD, takes
from autosched.schedule.legality import Reason, unknown_extent
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import Annotation
from autosched.schedule.state import StageState
from autosched.te.tensor import Axis, AxisKind

VIRTUAL = ("vthread", "cthread")


@dataclass(frozen=True, slots=True)
class Bind(Annotation):
    """Interleave the points of a loop, each with buffers of its own.

    An accelerator then loads for one thread while it computes for another. Elsewhere the
    points run one after the other. Requires a data axis of a constant extent, not
    annotated, and the name of a virtual thread: "vthread" or "cthread".

        for t in range(2):                  vthread t in range(2):
            B[t] = A[t]             ->          B[t] = A[t]

    Others: TVM `bind(ivar, te.thread_axis("cthread"))`; Halide and Exo have no such loops.
    """

    name = "bind"
    kind = LoopKind.VTHREAD
    arguments = takes(stage=STAGE, axis=AXIS, thread=WORD)

    thread: str

    def misfit(self, stage: StageState, axis: Axis) -> Reason | None:
        if self.thread not in VIRTUAL:
            return Reason(
                "expected a virtual thread to bind {axis.name} of stage {stage.name} to, got "
                "{thread}",
                (stage, axis),
                hint='bind it to te.thread_axis("vthread")',
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

    def python(self, names: Names) -> str:
        axis = names.axis(self.stage, self.axis)
        return f"{names.stage(self.stage)}.bind({axis}, te.thread_axis({self.thread!r}))"
