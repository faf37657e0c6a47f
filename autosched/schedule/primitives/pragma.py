"""Attach a pragma to a loop."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.pragma import AutoUnroll, Prefetched, pragma
from autosched.schedule.arguments import AXIS, PLAIN, STAGE, WORD, takes
from autosched.schedule.legality import Reason, not_a_loop
from autosched.schedule.names import Names
from autosched.schedule.primitives.base import LoopPrimitive
from autosched.schedule.state import ScheduleState


@dataclass(frozen=True, slots=True)
class Pragma(LoopPrimitive):
    """Attach a key and a value to a loop, for the pass that knows the key.

    Requires a loop and a key it does not carry yet. Keys that no pass knows do nothing.

        for i in range(4):                  for i in range(4):  # auto_unroll_max_step=16
            B[i] = A[i]             ->          B[i] = A[i]

    Others: TVM `pragma(var, pragma_type, pragma_value)`.
    """

    name = "pragma"
    arguments = takes(stage=STAGE, axis=AXIS, key=WORD, value=PLAIN)

    key: str
    value: object = None

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage, axis = self.loop_in(schedule)
        if any(each.key == self.key for each in stage.pragmas.get(axis, ())):
            return Reason(
                "expected a pragma that {axis.name} of stage {stage.name} does not carry, got "
                "{key} again",
                (stage, axis),
                key=self.key,
            )
        if self.key == Prefetched.key:
            return Reason(
                "expected a pragma of another key than {key} for {axis.name} of stage {stage.name}",
                (stage, axis),
                hint="use {stage.name}.prefetch(tensor, axis, steps)",
                key=self.key,
            )
        if self.key == AutoUnroll.key and not (isinstance(self.value, int) and self.value >= 0):
            return Reason(
                "expected a number of statements of at least 0 as the value of {key}, got {value}",
                (stage, axis),
                key=self.key,
                value=repr(self.value),
            )
        return not_a_loop(stage, axis)

    def apply(self, schedule: ScheduleState) -> None:
        stage = schedule.numbered[self.stage]
        stage.pragmas.setdefault(stage.axes[self.axis], []).append(pragma(self.key, self.value))

    def python(self, names: Names) -> str:
        value = "" if self.value is None else f", {self.value!r}"
        axis = names.axis(self.stage, self.axis)
        return f"{names.stage(self.stage)}.pragma({axis}, {self.key!r}{value})"
