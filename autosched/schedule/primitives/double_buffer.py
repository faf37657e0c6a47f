"""Let two buffers of a stage take turns."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.legality import Reason, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import ScheduleState


@dataclass(frozen=True, slots=True)
class DoubleBuffer(StagePrimitive):
    """Fill one buffer of the stage while the one before is still read.

    It takes twice the storage, and changes nothing where a target loads and computes in one
    stream. Requires a stage that is computed, once, and is no output.

        for i in range(4):                  for i in range(4):
            alloc a                 ->          alloc a copies 2
            a = A[i]                            a = A[i]
            B[i] = a                            B[i] = a

    Others: TVM `double_buffer`; Halide `ring_buffer(2)`; Exo by unrolling and staging.
    """

    name = "double_buffer"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        if stage.is_placeholder:
            return input_has_no_loops(stage, "double its buffer")
        if stage.is_output:
            return Reason(
                "expected a stage with storage of its own to double its buffer, got the output "
                "{stage.name}",
                stage,
                hint="cache_write makes a stage with storage of its own",
            )
        if stage.copies > 1:
            return Reason(
                "expected a stage of one buffer to double it, got {stage.name}, which has two",
                stage,
            )
        return None

    def apply(self, schedule: ScheduleState) -> None:
        self.stage_in(schedule).copies = 2
