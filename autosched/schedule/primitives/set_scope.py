"""Choose the memory a stage's tensors live in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.schedule.arguments import STAGE, WORD, takes
from autosched.schedule.legality import input_has_no_loops
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.reason import Reason

if TYPE_CHECKING:
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class SetScope(Primitive):
    """Keep the tensors of a stage in another memory: "global", "local", or a target's own.

    Requires a stage that is computed. An output is the caller's memory, which is global.

        B[i] = A[i]             ->          # B in local
                                            B[i] = A[i]

    Others: TVM `set_scope`; Halide `store_in`; Exo `set_memory`.
    """

    name = "set_scope"
    arguments = takes(stage=STAGE, scope=WORD)

    stage: int
    scope: str

    def why_not(self, schedule: Schedule) -> Reason | None:
        stage = schedule.numbered[self.stage]
        if stage.is_output and self.scope != "global":
            return Reason(
                "expected the scope global for the output {stage.name}, got {scope}",
                stage,
                hint="cache_write makes a stage with a scope of its own",
                scope=self.scope,
            )
        return input_has_no_loops(stage, "set the scope")

    def apply(self, schedule: Schedule) -> None:
        schedule.numbered[self.stage].scope = self.scope

    def python(self, names: Names) -> str:
        return f"{names.stage(self.stage)}.set_scope({self.scope!r})"
