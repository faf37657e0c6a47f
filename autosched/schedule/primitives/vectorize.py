"""Run the points of a loop in the lanes of vectors."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.stmt import LoopKind
from autosched.schedule import legality
from autosched.schedule.legality import Reason
from autosched.schedule.primitives.base import Annotation
from autosched.schedule.state import StageState
from autosched.te.axis import Axis, AxisKind
from autosched.te.combining import combining_operator


@dataclass(frozen=True, slots=True)
class Vectorize(Annotation):
    """Run all points of a loop at once, one in each lane.

    Requires a loop of a constant extent, not annotated, in which no loop is parallel, and no other
    vectorized loop in the stage. Of what is computed in the loop, each lane computes its part. A
    reduce axis is one of a sum, a product, a minimum or a maximum: its lanes are combined at the
    end of every vector, so that rfactor is better where there are many.

        for i in range(16):                 vectorized i in range(16):
            B[i] = A[i]             ->          B[i] = A[i]

        for k in range(16):                 vectorized k in range(16):
            C[0] += A[k]            ->          C[0] += A[k]

    Others: TVM `vectorize(var)`; Halide `vectorize`; Exo by replacing loops with instructions.
    """

    name = "vectorize"
    kind = LoopKind.VECTORIZED

    def misfit(self, stage: StageState, axis: Axis) -> Reason | None:
        if axis.kind is AxisKind.REDUCE and combining_operator(stage.op) is None:
            return Reason(
                "expected a data axis, or one of a sum, product, minimum or maximum, to "
                "vectorize, got the reduce axis {axis.name} of stage {stage.name}",
                (stage, axis),
                hint="rfactor makes a data axis of it",
            )
        if axis.kind is AxisKind.ORDERED:
            return legality.ordered(stage, axis, "vectorize")
        return (
            legality.unknown_extent(stage, axis, "vectorize")
            or legality.second_loop(stage, axis, self.kind)
            or legality.parallel_in_vector(stage, stage.leaves, {**stage.kinds, axis: self.kind})
        )
