"""Compute a stage whole, before the stages that read it."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.legality import Reason, held_by_scan, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import AtRoot, ScheduleState


@dataclass(frozen=True, slots=True)
class ComputeRoot(StagePrimitive):
    """Undo compute_at and compute_inline: the stage has its own loops at the top.

    Requires a stage that is computed.

        for i in range(8):                  for i in range(8):
            B[i] = A[i] + 1         ->          B[i] = A[i] + 1
            C[i] = B[i] * 2                 for i in range(8):
                                                C[i] = B[i] * 2

    Others: TVM `compute_root`; Halide `compute_root`; Exo `fission`.
    """

    name = "compute_root"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        return input_has_no_loops(stage, "move it") or held_by_scan(stage, "move it")

    def apply(self, schedule: ScheduleState) -> None:
        self.stage_in(schedule).attachment = AtRoot()
