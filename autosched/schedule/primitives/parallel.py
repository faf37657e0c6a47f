"""Share the points of a loop among threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.ir.stmt import LoopKind
from autosched.schedule.arguments import AXIS, STAGE, takes
from autosched.schedule.legality import (
    annotated,
    loop_of_kind,
    not_a_loop,
    parallel_in_vector,
    shares_points,
)
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.reason import Reason
from autosched.te.axis import AxisKind

if TYPE_CHECKING:
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Parallel(Primitive):
    """Run the points of a loop on several threads, in any order.

    Requires a loop of a data axis, not annotated, outside of vectorized loops, and no other
    parallel loop in the stage. In a reduction it must not run over shifted tiles: two
    threads would add to the points that two tiles share.

        for i in range(16):                 parallel i in range(16):
            B[i] = A[i]             ->          B[i] = A[i]

    Others: TVM `parallel(var)`; Halide `parallel`; Exo `parallelize_loop`.
    """

    name = "parallel"
    arguments = takes(stage=STAGE, axis=AXIS)

    stage: int
    axis: int

    def why_not(self, schedule: Schedule) -> Reason | None:
        stage = schedule.numbered[self.stage]
        axis = stage.axes[self.axis]
        reason = not_a_loop(stage, axis) or annotated(stage, axis)
        if reason is not None:
            return reason
        if axis.kind is not AxisKind.DATA:
            return Reason(
                "expected a data axis to run in parallel, got the reduce axis {axis.name} of "
                "stage {stage.name}",
                stage,
                axis,
                hint="rfactor makes a data axis of it",
            )
        other = loop_of_kind(stage, LoopKind.PARALLEL)
        if other is not None:
            return Reason(
                "expected one parallel loop in stage {stage.name}, got {axis.name} beside "
                "{other.name}",
                stage,
                axis,
                hint="fuse the two loops and run the result in parallel",
                other=other,
            )
        kinds = {**stage.kinds, axis: LoopKind.PARALLEL}
        return shares_points(stage, axis) or parallel_in_vector(stage, stage.leaves, kinds)

    def apply(self, schedule: Schedule) -> None:
        stage = schedule.numbered[self.stage]
        stage.kinds[stage.axes[self.axis]] = LoopKind.PARALLEL

    def python(self, names: Names) -> str:
        return f"{names.stage(self.stage)}.parallel({names.axis(self.stage, self.axis)})"
