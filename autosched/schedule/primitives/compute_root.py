"""Compute a stage whole, before the stages that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.schedule.arguments import STAGE, takes
from autosched.schedule.legality import input_has_no_loops
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.reason import Reason
from autosched.schedule.relations import AtRoot

if TYPE_CHECKING:
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class ComputeRoot(Primitive):
    """Undo compute_at and compute_inline: the stage has its own loops at the top.

    Requires a stage that is computed.

        for i in range(8):                  for i in range(8):
            B[i] = A[i] + 1         ->          B[i] = A[i] + 1
            C[i] = B[i] * 2                 for i in range(8):
                                                C[i] = B[i] * 2

    Others: TVM `compute_root`; Halide `compute_root`; Exo `fission`.
    """

    name = "compute_root"
    arguments = takes(stage=STAGE)

    stage: int

    def why_not(self, schedule: Schedule) -> Reason | None:
        return input_has_no_loops(schedule.numbered[self.stage], "move it")

    def apply(self, schedule: Schedule) -> None:
        schedule.numbered[self.stage].attachment = AtRoot()

    def python(self, names: Names) -> str:
        return f"{names.stage(self.stage)}.compute_root()"
