"""The reduce loops around a register tile, and how far they are written out."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.structure import Contraction, condition_axes, extent, points_of
from autosched.search.space.tiles import LARGE, reduce_steps
from autosched.search.space.variants import is_constant
from autosched.te.axis import Axis

LONGEST_ROW = 16
"""Taps up to which those of a row are written out."""

MOST_TAPS = 9
"""Taps of a window up to which those of all its rows may be written out; more take LLVM seconds."""


def by_strides(found: Contraction, vector: int) -> list[Axis]:
    """Return the reduce axes of a stage, those of the longest steps in memory first.

    Operands that vectors do not run along decide: one element of each row is read in a step, and
    the next ones of its line soon after. Constants are packed in any order. Axes by which terms
    are left out stay as they are, and those whose steps are not known.

    The sum over i, j and k of A[x, k, i, j] * B[i, j, k, y], 64x8x16x16 and 16x16x8x64 numbers:
    262 us in this order, 150 in the order of A.
    """
    axes = list(found.stage.op.reduce_axis)
    reads = [
        read
        for read in found.reads
        if found.data[vector] not in read.axes and not is_constant(read)
    ]
    steps = {axis: sum(read.step_bytes(axis) for read in reads) for axis in axes}
    if condition_axes(found.stage) or not all(steps[axis] for axis in found.reduce):
        return axes
    return sorted(axes, key=lambda axis: -steps[axis])


def reduce_loops(
    builder: SketchBuilder, stage: Stage, axes: Sequence[Axis], rows: Sequence[Number]
) -> tuple[list[Axis], list[Axis]]:
    """Return the loops over reduce axes, outermost first, and the innermost ones to unroll.

    The tile has so many `rows` of an image.
    """
    taps = [axis for axis in axes if axis in condition_axes(stage) and extent(axis) != 1]
    if taps and all((extent(axis) or LARGE) <= LONGEST_ROW for axis in taps):
        return _window_loops(builder, stage, axes, taps, rows)
    last = ([axis for axis in axes if extent(axis) != 1] or list(axes))[-1]
    choices = reduce_steps(extent(last))
    steps = builder.decide(f"{last.name}.unroll", "unroll", choices, 4 if 4 in choices else 1)
    outer, unrolled = builder.split(stage, last, steps)
    return [*(axis for axis in axes if axis is not last), outer], [unrolled]


def _window_loops(
    builder: SketchBuilder,
    stage: Stage,
    axes: Sequence[Axis],
    taps: Sequence[Axis],
    rows_of_tile: Sequence[Number],
) -> tuple[list[Axis], list[Axis]]:
    """Write out the taps of a row, so that each point of a tile has those that meet the image.

    Those of other rows only decide more where a tile spans several: for one row, the loop over
    them has bounds. Written out there too, 3x3 taps of 14x14 points take LLVM half a second.

    Steps read the image anew: a row is read by several of them, and its points would take the
    registers of the sums. A 3x3 convolution of 512 channels on 7x7 points: 2,140 us without, 1,050
    with.
    """
    b = builder
    spans_rows = any(b.sample(number) > 1 for number in rows_of_tile)
    is_small = points_of(taps) <= MOST_TAPS
    rows, last = (taps[:-1], taps[-1]) if is_small else ((), taps[-1])
    loops = [axis for axis in axes if axis is not last and axis not in rows]
    unrolled = []
    for axis in rows:
        size = extent(axis) or 1
        steps = b.decide(f"{axis.name}.unroll", "unroll", (1, size), size if spans_rows else 1)
        b.limit_unless_more(steps, rows_of_tile)
        outer, inner = b.split(stage, axis, steps)
        loops.append(outer)
        unrolled.append(inner)
    if not loops:
        outer, last = b.split(stage, last, extent(last) or 1)
        loops.append(outer)
    b.pragma(stage, last, "reload", True)
    return loops, [*unrolled, last]
