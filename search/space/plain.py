"""The rule for everything else at the root: parallel outside, vectors inside."""

from __future__ import annotations

from autosched.ir.visitor import free_vars
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import extent
from autosched.te.axis import Axis, AxisKind


def schedule_plain(builder: SketchBuilder, stage: Stage, lanes: int) -> None:
    """Share the outer data axes of `stage` among threads and vectorize the innermost."""
    data = [axis for axis in stage.op.axis if extent(axis) != 1]
    if not data:
        return
    inner = data[-1]
    outer = data[:-1]
    size = extent(inner)
    if size is None or size > 8 * lanes:
        step = builder.decide(
            f"{stage.name}.{inner.name}.vector", "vector", _steps(size, lanes), 4 * lanes
        )
        rest, inner = builder.split(stage, inner, step, "guard")
        outer = [*outer, rest]
    reduce = list(stage.op.reduce_axis)
    whole = [axis for axis in stage.op.axis if extent(axis) == 1]
    builder.reorder(stage, [*whole, *outer, *reduce, inner])
    if outer:
        builder.parallel(stage, _across(builder, stage, outer))
    if _vectorizable(inner):
        builder.vectorize(stage, inner)


def _across(builder: SketchBuilder, stage: Stage, outer: list[Axis]) -> Axis:
    """One loop of the outer axes, where they are neighbours."""
    return builder.fuse(stage, outer[:3])


def _steps(size: int | None, lanes: int) -> list[int]:
    return [lanes * count for count in (1, 2, 4, 8) if size is None or lanes * count <= size]


def _vectorizable(axis: Axis) -> bool:
    return axis.kind is AxisKind.DATA and not free_vars(axis.extent)
