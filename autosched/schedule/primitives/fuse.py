"""Fuse adjacent loops into one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from autosched.ir.build import const
from autosched.schedule.arguments import ANY_AXES, STAGE, takes
from autosched.schedule.legality import (
    Reason,
    cannot_replace,
    first,
    input_has_no_loops,
    without_loops,
)
from autosched.schedule.primitives.base import StagePrimitive
from autosched.schedule.relations import AxisFusion, AxisUnit
from autosched.schedule.rewrite import fresh_axis
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis


@dataclass(frozen=True, slots=True)
class Fuse(StagePrimitive):
    """Put one loop over all points in the place of adjacent loops.

    Requires adjacent loops, given from the outermost in, all of data axes or all of reduce
    axes, not annotated. What is computed in one of them is then computed at each point of all.
    One loop alone stays as it is; of none, a loop of one point is made, around all others.

        for i in range(4):                  for i.j.fused in range(32):
            for j in range(8):      ->          B[i, j] = A[i, j]
                B[i, j] = A[i, j]

    Others: TVM `fuse(*args)`; Halide `fuse(inner, outer, fused)`; Exo `mult_loops`.
    """

    name = "fuse"
    arguments = takes(stage=STAGE, axes=ANY_AXES)

    axes: tuple[int, ...]

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage = self.stage_in(schedule)
        if not self.axes:
            action = "fuse no loops"
            return input_has_no_loops(stage, action) or without_loops(stage, action)
        axes = [stage.axes[number] for number in self.axes]
        return first(cannot_replace(stage, axis, "fuse") for axis in axes) or first(
            _pair_reason(stage, outer, inner) for outer, inner in pairwise(axes)
        )

    def apply(self, schedule: ScheduleState) -> Axis:
        stage = self.stage_in(schedule)
        if not self.axes:
            made = AxisUnit(fresh_axis("unit", const(1)))
            stage.replace_loops(made)
            return made.unit
        fused, *rest = (stage.axes[number] for number in self.axes)
        for inner in rest:
            fusion = AxisFusion.of(fused, inner)
            stage.replace_loops(fusion)
            fused = fusion.fused
        return fused


def _pair_reason(stage: StageState, outer: Axis, inner: Axis) -> Reason | None:
    if outer.kind is not inner.kind:
        return Reason(
            "expected loops of one kind to fuse in stage {stage.name}, got the {axis.kind.value} "
            "axis {axis.name} and the {inner.kind.value} axis {inner.name}",
            (stage, outer),
            hint="fuse data axes with data axes and reduce axes with reduce axes",
            inner=inner,
        )
    position = stage.position_of(outer)
    if stage.leaves[position + 1 : position + 2] != [inner]:
        return Reason(
            "expected adjacent loops to fuse in stage {stage.name}, got {axis.name} and "
            "{inner.name}",
            (stage, outer),
            hint="reorder them first, so that {inner.name} comes right after {axis.name}",
            inner=inner,
        )
    return None
