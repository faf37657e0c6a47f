"""Compute a value at each place where it is read."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.legality import (
    Reason,
    attached_at,
    held_by_scan,
    input_has_no_loops,
    is_reduction,
)
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import Inlined, ScheduleState


@dataclass(frozen=True, slots=True)
class ComputeInline(StagePrimitive):
    """Put the body of a stage in the place of every read of it; no loops, no storage.

    Requires a stage of one value that is computed, is no reduction and no output, and has
    no stage computed in its loops.

        for i in range(8):                  for i in range(8):
            B[i] = A[i] + 1         ->          C[i] = (A[i] + 1) * 2
        for i in range(8):
            C[i] = B[i] * 2

    Others: TVM `compute_inline`; Halide's default, `compute_inline`; Exo `inline_assign`.
    """

    name = "compute_inline"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        if stage.is_placeholder:
            return input_has_no_loops(stage, "inline it")
        if reason := held_by_scan(stage, "inline it"):
            return reason
        if stage.is_output:
            return Reason("expected a stage that is no output to inline, got {stage.name}", stage)
        if is_reduction(stage):
            return Reason(
                "expected a stage without a reduction to inline, got {stage.name}",
                stage,
                hint="compute_at puts the reduction next to its reader",
            )
        if len(stage.op.outputs) > 1:
            return Reason(
                "expected a stage of one value to inline, got {stage.name}, which has {count}",
                stage,
                hint="compute_at puts it next to its reader",
                count=len(stage.op.outputs),
            )
        for other in attached_at(stage):
            return Reason(
                "expected a stage in whose loops nothing is computed to inline, got "
                "{stage.name}, in which {other.name} is computed",
                stage,
                hint="move {other.name} first",
                other=other,
            )
        return None

    def apply(self, schedule: ScheduleState) -> None:
        self.stage_in(schedule).attachment = Inlined()
