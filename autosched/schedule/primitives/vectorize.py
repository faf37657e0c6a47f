"""Run the points of a loop in the lanes of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.ir.stmt import LoopKind
from autosched.schedule.arguments import AXIS, STAGE, takes
from autosched.schedule.legality import (
    annotated,
    attached_at,
    extent_of,
    loop_of_kind,
    not_a_loop,
    parallel_in_vector,
)
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.reason import Reason
from autosched.te.axis import AxisKind
from autosched.te.combining import combining_operator

if TYPE_CHECKING:
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Vectorize(Primitive):
    """Run all points of a loop at once, one in each lane.

    Requires a loop of a constant extent, not annotated, in which nothing else is computed
    and no loop is parallel, and no other vectorized loop in the stage. A reduce axis is one
    of a sum, a product, a minimum or a maximum: its lanes are combined at the end of every
    vector, so that rfactor is better where there are many.

        for i in range(16):                 vectorized i in range(16):
            B[i] = A[i]             ->          B[i] = A[i]

        for k in range(16):                 vectorized k in range(16):
            C[0] += A[k]            ->          C[0] += A[k]

    Others: TVM `vectorize(var)`; Halide `vectorize`; Exo by replacing loops with instructions.
    """

    name = "vectorize"
    arguments = takes(stage=STAGE, axis=AXIS)

    stage: int
    axis: int

    def why_not(self, schedule: Schedule) -> Reason | None:
        stage = schedule.numbered[self.stage]
        axis = stage.axes[self.axis]
        reason = not_a_loop(stage, axis) or annotated(stage, axis)
        if reason is not None:
            return reason
        if axis.kind is AxisKind.REDUCE and combining_operator(stage.op) is None:
            return Reason(
                "expected a data axis, or one of a sum, product, minimum or maximum, to "
                "vectorize, got the reduce axis {axis.name} of stage {stage.name}",
                stage,
                axis,
                hint="rfactor makes a data axis of it",
            )
        if extent_of(axis) is None:
            return Reason(
                "expected a loop of a constant extent to vectorize, got {axis.name} of stage "
                "{stage.name} with extent {extent}",
                stage,
                axis,
                hint="split it by a factor and vectorize the inner loop",
                extent=axis.extent,
            )
        other = loop_of_kind(stage, LoopKind.VECTORIZED)
        if other is not None:
            return Reason(
                "expected one vectorized loop in stage {stage.name}, got {axis.name} beside "
                "{other.name}",
                stage,
                axis,
                hint="fuse the two loops and vectorize the result",
                other=other,
            )
        inside = set(stage.leaves[stage.position_of(axis) :])
        for attached in attached_at(stage):
            if attached.attachment.axis in inside:  # type: ignore[union-attr]
                return Reason(
                    "expected a loop in which nothing is computed to vectorize, got {axis.name} "
                    "of stage {stage.name}, in which {attached.name} is computed",
                    stage,
                    axis,
                    hint="compute {attached.name} at a loop around {axis.name}",
                    attached=attached,
                )
        kinds = {**stage.kinds, axis: LoopKind.VECTORIZED}
        return parallel_in_vector(stage, stage.leaves, kinds)

    def apply(self, schedule: Schedule) -> None:
        stage = schedule.numbered[self.stage]
        stage.kinds[stage.axes[self.axis]] = LoopKind.VECTORIZED

    def python(self, names: Names) -> str:
        return f"{names.stage(self.stage)}.vectorize({names.axis(self.stage, self.axis)})"
