"""Run the points of a loop as virtual threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.ir.stmt import LoopKind
from autosched.schedule.arguments import AXIS, STAGE, WORD, takes
from autosched.schedule.legality import annotated, extent_of, not_a_loop
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.reason import Reason
from autosched.te.axis import AxisKind

if TYPE_CHECKING:
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule

VIRTUAL = ("vthread", "cthread")


@dataclass(frozen=True, slots=True)
class Bind(Primitive):
    """Interleave the points of a loop, each with buffers of its own.

    An accelerator then loads for one thread while it computes for another. Elsewhere the
    points run one after the other. Requires a data axis of a constant extent, not
    annotated, and the name of a virtual thread: "vthread" or "cthread".

        for t in range(2):                  vthread t in range(2):
            B[t] = A[t]             ->          B[t] = A[t]

    Others: TVM `bind(ivar, te.thread_axis("cthread"))`; Halide and Exo have no such loops.
    """

    name = "bind"
    arguments = takes(stage=STAGE, axis=AXIS, thread=WORD)

    stage: int
    axis: int
    thread: str

    def why_not(self, schedule: Schedule) -> Reason | None:
        stage = schedule.numbered[self.stage]
        axis = stage.axes[self.axis]
        if self.thread not in VIRTUAL:
            return Reason(
                "expected a virtual thread to bind {axis.name} of stage {stage.name} to, got "
                "{thread}",
                stage,
                axis,
                hint='bind it to te.thread_axis("vthread")',
                thread=self.thread,
            )
        reason = not_a_loop(stage, axis) or annotated(stage, axis)
        if reason is not None:
            return reason
        if axis.kind is not AxisKind.DATA:
            return Reason(
                "expected a data axis to bind to threads, got the reduce axis {axis.name} of "
                "stage {stage.name}",
                stage,
                axis,
                hint="double_buffer overlaps the steps of a reduction",
            )
        if extent_of(axis) is None:
            return Reason(
                "expected a loop of a constant extent to bind, got {axis.name} of stage "
                "{stage.name} with extent {extent}",
                stage,
                axis,
                hint="split it and bind the loop of the known extent",
                extent=axis.extent,
            )
        return None

    def apply(self, schedule: Schedule) -> None:
        stage = schedule.numbered[self.stage]
        stage.kinds[stage.axes[self.axis]] = LoopKind.VTHREAD

    def python(self, names: Names) -> str:
        axis = names.axis(self.stage, self.axis)
        return f"{names.stage(self.stage)}.bind({axis}, te.thread_axis({self.thread!r}))"
