"""Write the body of a loop out once per point."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.stmt import LoopKind
from autosched.schedule.legality import Reason, unknown_extent
from autosched.schedule.primitives.base import Annotation
from autosched.schedule.state import StageState
from autosched.te.axis import Axis


@dataclass(frozen=True, slots=True)
class Unroll(Annotation):
    """Replace a loop by as many copies of its body as it has points.

    Requires a loop of a constant extent, not annotated; reduce axes are welcome.

        for i in range(4):                  unrolled i in range(4):
            B[i] = A[i]             ->          B[i] = A[i]

    Others: TVM `unroll(var)`; Halide `unroll`; Exo `unroll_loop`.
    """

    name = "unroll"
    kind = LoopKind.UNROLLED

    def misfit(self, stage: StageState, axis: Axis) -> Reason | None:
        return unknown_extent(stage, axis, "unroll")
