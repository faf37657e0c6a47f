"""Loops of a reduction: partial results in lanes, or accumulators in registers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autosched.schedule.stage import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.structure import coefficient, extent, reads_of
from autosched.search.space.tiles import LARGE, reduce_steps
from autosched.te.axis import Axis
from autosched.te.combining import combining_operator
from autosched.te.operation import ComputeOp

LONG = 64
"""Points from which on a reduction is long."""

WRITTEN_OUT = 8
"""Steps of a reduce axis up to which all of them may be written out."""


def is_reduction(stage: Stage) -> bool:
    return bool(stage.op.reduce_axis)


def by_lanes(stage: Stage, lanes: int) -> bool:
    """The lanes of a vector best go along a reduce axis: what is read is contiguous there."""
    axis = contiguous_reduce_axis(stage)
    if axis is None:
        return False
    data = [each for each in stage.op.axis if extent(each) != 1]
    if any(_steps(stage, each) == 1 for each in data):
        return False
    return (extent(axis) or LARGE) >= lanes or not any(_steps(stage, each) for each in data)


def contiguous_reduce_axis(stage: Stage) -> Axis | None:
    found = [axis for axis in stage.op.reduce_axis if extent(axis) != 1]
    along = [axis for axis in found if _steps(stage, axis) == 1]
    return max(along, key=lambda axis: extent(axis) or LARGE) if along else None


def _steps(stage: Stage, axis: Axis) -> int:
    """The least step in memory that a read takes along `axis`; 0 where none is near."""
    assert isinstance(stage.op, ComputeOp)
    steps = [
        abs(coefficient(read.indices[-1], axis))
        for read in reads_of(stage.op)
        if read.indices and axis in read.axes
    ]
    return min((step for step in steps if step), default=0)


def factor(builder: SketchBuilder, stage: Stage, lanes: int) -> Stage:
    """Reduce into the lanes of a few vectors first; answers the stage that does."""
    b = builder
    axis = contiguous_reduce_axis(stage)
    assert axis is not None
    size = extent(axis)
    outer: Axis | None = None
    if size is None or size > lanes:
        widths = [lanes * n for n in (1, 2, 4, 8) if size is None or lanes * (n - 1) < size]
        even = [width for width in widths if size is not None and size % width == 0]
        default = max(w for w in (even or widths) if w <= 4 * lanes)
        width = b.decide(f"{stage.name}.{axis.name}.lanes", "vector", widths, default)
        outer, axis = b.split(stage, axis, width)
    partial = b.rfactor(stage, axis, len(stage.op.axis))
    *data, lane = partial.op.axis
    b.reorder(partial, [*data, *partial.op.reduce_axis, lane])
    b.vectorize(partial, lane)
    b.set_scope(partial, "local")
    if outer is not None and partial.position_of(outer) >= 0:
        b.pragma(partial, outer, "partition", True)
    if combining_operator(stage.op) is not None:
        b.vectorize(stage, stage.op.reduce_axis[0])
    return partial


def accumulate(
    builder: SketchBuilder,
    stage: Stage,
    dimensions: Sequence[int],
    tiles: Sequence[Number],
) -> None:
    """Reduce loops around a tile: of `dimensions` the first is vectorized, others unrolled."""
    b = builder
    axes = list(stage.op.axis)
    vector, *unrolled = (axes[d] for d in dimensions)
    loops: list[Axis] = []
    written: list[Axis] = []
    for axis in stage.op.reduce_axis:
        choices = reduce_steps(extent(axis))
        if extent(axis) == 1:
            loops.append(axis)
            continue
        default = choices[-1] if (extent(axis) or LARGE) <= WRITTEN_OUT else 1
        steps = b.decide(f"{stage.name}.{axis.name}.unroll", "unroll", choices, default)
        outer, inner = b.split(stage, axis, steps)
        loops.append(outer)
        written.append(inner)
    whole = [axis for axis in axes if axis is not vector and axis not in unrolled]
    points: list[Axis] = []
    for axis, tile in zip((*unrolled, vector), (*tiles[1:], tiles[0]), strict=True):
        over, point = part(b, stage, axis, tile)
        whole += over
        points.append(point)
    b.reorder(stage, [*whole, *loops, *written, *points])
    for axis in (*written, *points[:-1]):
        b.unroll(stage, axis)
    b.vectorize(stage, points[-1])


def is_long(stage: Stage) -> bool:
    """A reduction of so many points that the order in which they are read counts."""
    points = prod(extent(axis) or LARGE for axis in stage.op.reduce_axis)
    return is_reduction(stage) and points >= LONG


def reuses(stage: Stage, axis: Axis) -> bool:
    """Points that differ along `axis` read the same elements: of an operand without it, or by
    windows that overlap.
    """
    assert isinstance(stage.op, ComputeOp)
    return any(axis not in read.pure for read in reads_of(stage.op))


def accumulate_rows(
    builder: SketchBuilder, stage: Stage, dimension: int, block: Number, lanes: int
) -> None:
    """Reduce loops around a stretch of `dimension`, of which a few steps are written out."""
    b = builder
    longest = max(stage.op.reduce_axis, key=lambda axis: extent(axis) or LARGE)
    others = [axis for axis in stage.op.reduce_axis if axis is not longest]
    steps = b.decide(f"{stage.name}.{longest.name}.unroll", "unroll", (1, 2, 4, 8, 16), 8)
    loop, written = b.split(stage, longest, steps, "partition")
    whole = [axis for d, axis in enumerate(stage.op.axis) if d != dimension]
    over, stretch = part(b, stage, stage.op.axis[dimension], block)
    rest, vector = b.split(stage, stretch, 2 * lanes)
    b.reorder(stage, [*whole, *over, *others, loop, rest, written, vector])
    b.unroll(stage, written)
    b.vectorize(stage, vector)


def part(builder: SketchBuilder, stage: Stage, axis: Axis, tile: Number) -> tuple[list[Axis], Axis]:
    """A loop of a constant extent over the `tile` points of `axis` that a consumer needs.

    Where the extent of `axis` is not known, a loop of one iteration stands around it.
    """
    if extent(axis) is not None:
        return [], axis
    outer, inner = builder.split(stage, axis, tile)
    return [outer], inner
