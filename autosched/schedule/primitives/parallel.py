"""Share the points of a loop among threads."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.stmt import LoopKind
from autosched.schedule.legality import (
    Reason,
    ordered,
    parallel_in_vector,
    second_loop,
    shares_points,
)
from autosched.schedule.primitives.base import Annotation
from autosched.schedule.state import StageState
from autosched.te.axis import Axis, AxisKind


@dataclass(frozen=True, slots=True)
class Parallel(Annotation):
    """Run the points of a loop on several threads, in any order.

    Requires a loop of a data axis, not annotated, outside of vectorized loops, and no other
    parallel loop in the stage. In a reduction it must not run over shifted tiles: two
    threads would add to the points that two tiles share.

        for i in range(16):                 parallel i in range(16):
            B[i] = A[i]             ->          B[i] = A[i]

    Others: TVM `parallel(var)`; Halide `parallel`; Exo `parallelize_loop`.
    """

    name = "parallel"
    kind = LoopKind.PARALLEL

    def misfit(self, stage: StageState, axis: Axis) -> Reason | None:
        if axis.kind is AxisKind.ORDERED:
            return ordered(stage, axis, "run in parallel")
        if axis.kind is not AxisKind.DATA:
            return Reason(
                "expected a data axis to run in parallel, got the reduce axis {axis.name} of "
                "stage {stage.name}",
                (stage, axis),
                hint="rfactor makes a data axis of it",
            )
        return (
            second_loop(stage, axis, self.kind)
            or shares_points(stage, axis)
            or parallel_in_vector(stage, stage.leaves, {**stage.kinds, axis: self.kind})
        )
