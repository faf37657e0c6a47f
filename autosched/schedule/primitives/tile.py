"""Split two loops and put the loops over tiles outside."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.schedule.arguments import AXIS, POSITIVE, STAGE, TAIL, takes
from autosched.schedule.legality import Reason, accumulates_twice, ordered
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.primitives.reorder import Reorder
from autosched.schedule.primitives.split import Split
from autosched.schedule.state import ScheduleState
from autosched.te.axis import Axis, AxisKind


@dataclass(frozen=True, slots=True)
class Tile(StagePrimitive):
    """Split two loops by a factor each; the order is x outer, y outer, x inner, y inner.

    Requires what the two splits and the reorder require, and two different loops.

        for i in range(64):                 for i.outer in range(8):
            for j in range(64):     ->          for j.outer in range(8):
                B[i, j] = A[i, j]                   for i.inner in range(8):
                                                        for j.inner in range(8):
                                                            B[i, j] = A[i, j]

    Others: TVM `tile(x_parent, y_parent, x_factor, y_factor)`; Halide `tile`; Exo
    `divide_loop` twice and `reorder_loops`.
    """

    name = "tile"
    sizes = ("x_factor", "y_factor")
    arguments = takes(stage=STAGE, x=AXIS, y=AXIS, x_factor=POSITIVE, y_factor=POSITIVE, tail=TAIL)

    x: int
    y: int
    x_factor: int
    y_factor: int
    tail: str = "guard"

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        if self.x == self.y:
            return Reason(
                "expected two loops to tile in stage {stage.name}, got {axis.name} twice",
                (stage, stage.axes[self.x]),
                hint="split {axis.name} to tile one loop",
            )
        axis = stage.axes[self.x]
        if axis.kind is AxisKind.ORDERED:
            return ordered(stage, axis, "move")
        x, y = self._splits()
        return x.why_not(schedule) or y.why_not(schedule) or self._shift_reason(schedule)

    def apply(self, schedule: ScheduleState) -> tuple[Axis, Axis, Axis, Axis]:
        x, y = self._splits()
        count = len(self.stage_in(schedule).axes)
        x_outer, x_inner = x.apply(schedule)
        y_outer, y_inner = y.apply(schedule)
        Reorder(self.stage, (count, count + 2, count + 1, count + 3)).apply(schedule)
        return x_outer, y_outer, x_inner, y_inner

    def _splits(self) -> tuple[Split, Split]:
        return (
            Split(self.stage, self.x, factor=self.x_factor, tail=self.tail),
            Split(self.stage, self.y, factor=self.y_factor, tail=self.tail),
        )

    def _shift_reason(self, schedule: ScheduleState) -> Reason | None:
        """Refuse an order in which loops over shifted tiles are inside of the reduction."""
        stage = self.stage_in(schedule)
        x, y = stage.axes[self.x], stage.axes[self.y]
        order = iter((x, y, x, y))
        leaves: list[Axis] = []
        for leaf in stage.leaves:
            leaves += (next(order), next(order)) if leaf in (x, y) else (leaf,)
        return accumulates_twice(stage, leaves)
