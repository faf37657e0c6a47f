"""Choose the memory a stage's tensors live in."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.arguments import STAGE, WORD, takes
from autosched.schedule.legality import Reason, input_has_no_loops
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import ScheduleState


@dataclass(frozen=True, slots=True)
class SetScope(StagePrimitive):
    """Keep the tensors of a stage in another memory: "global", "local", or a target's own.

    Requires a stage that is computed. An output is the caller's memory, which is global.

        B[i] = A[i]             ->          # B in local
                                            B[i] = A[i]

    Others: TVM `set_scope`; Halide `store_in`; Exo `set_memory`.
    """

    name = "set_scope"
    arguments = takes(stage=STAGE, scope=WORD)

    scope: str

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        if stage.is_output and self.scope != "global":
            return Reason(
                "expected the scope global for the output {stage.name}, got {scope}",
                stage,
                hint="cache_write makes a stage with a scope of its own",
                scope=self.scope,
            )
        return input_has_no_loops(stage, "set the scope")

    def apply(self, schedule: ScheduleState) -> None:
        self.stage_in(schedule).scope = self.scope
