"""Change the order of loops."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.arguments import AXES, STAGE, takes
from autosched.schedule.legality import (
    Reason,
    accumulates_twice,
    not_a_loop,
    ordered,
    parallel_in_vector,
)
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis, AxisKind


@dataclass(frozen=True, slots=True)
class Reorder(StagePrimitive):
    """Put the given loops in the given order, in the positions that they have together.

    Loops that are not given stay where they are. Requires loops of one stage, each once;
    loops over shifted tiles must stay outside of the reduction's loops, and parallel loops
    outside of vectorized ones.

        for i in range(4):                  for k in range(8):
            for k in range(8):      ->          for i in range(4):
                B[i] += A[i, k]                     B[i] += A[i, k]

    Others: TVM `reorder(*args)`; Halide `reorder`, from the innermost out; Exo `reorder_loops`.
    """

    name = "reorder"
    arguments = takes(stage=STAGE, axes=AXES)

    axes: tuple[int, ...]

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        seen: set[int] = set()
        for number in self.axes:
            axis = stage.axes[number]
            reason = not_a_loop(stage, axis)
            if reason is not None:
                return reason
            if number in seen:
                return Reason(
                    "expected each loop once to reorder stage {stage.name}, got {axis.name} twice",
                    (stage, axis),
                )
            seen.add(number)
        leaves = self._leaves(stage)
        for new, old in zip(leaves, stage.leaves, strict=True):
            if new is not old and new.kind is AxisKind.ORDERED:
                return ordered(stage, new, "move")
        return accumulates_twice(stage, leaves) or parallel_in_vector(stage, leaves, stage.kinds)

    def apply(self, schedule: ScheduleState) -> None:
        stage = self.stage_in(schedule)
        stage.leaves = self._leaves(stage)

    def _leaves(self, stage: StageState) -> list[Axis]:
        moved = [stage.axes[number] for number in self.axes]
        given = set(moved)
        order = iter(moved)
        return [next(order) if leaf in given else leaf for leaf in stage.leaves]
