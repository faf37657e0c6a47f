"""Write the body of a loop out once per point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.ir.stmt import LoopKind
from autosched.schedule.arguments import AXIS, STAGE, takes
from autosched.schedule.legality import annotated, extent_of, not_a_loop
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.reason import Reason

if TYPE_CHECKING:
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Unroll(Primitive):
    """Replace a loop by as many copies of its body as it has points.

    Requires a loop of a constant extent, not annotated; reduce axes are welcome.

        for i in range(4):                  unrolled i in range(4):
            B[i] = A[i]             ->          B[i] = A[i]

    Others: TVM `unroll(var)`; Halide `unroll`; Exo `unroll_loop`.
    """

    name = "unroll"
    arguments = takes(stage=STAGE, axis=AXIS)

    stage: int
    axis: int

    def why_not(self, schedule: Schedule) -> Reason | None:
        stage = schedule.numbered[self.stage]
        axis = stage.axes[self.axis]
        reason = not_a_loop(stage, axis) or annotated(stage, axis)
        if reason is not None:
            return reason
        if extent_of(axis) is None:
            return Reason(
                "expected a loop of a constant extent to unroll, got {axis.name} of stage "
                "{stage.name} with extent {extent}",
                stage,
                axis,
                hint="split it by a factor and unroll the inner loop",
                extent=axis.extent,
            )
        return None

    def apply(self, schedule: Schedule) -> None:
        stage = schedule.numbered[self.stage]
        stage.kinds[stage.axes[self.axis]] = LoopKind.UNROLLED

    def python(self, names: Names) -> str:
        return f"{names.stage(self.stage)}.unroll({names.axis(self.stage, self.axis)})"
