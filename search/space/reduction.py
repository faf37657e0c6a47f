"""Loops of a reduction: partial results in vector lanes, or accumulators in registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod, sqrt

from autosched.ir.expr import Const, Expr
from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.structure import (
    Read,
    bytes_read,
    coefficient,
    extent,
    is_injective,
    points_of,
    reads_of,
)
from autosched.search.space.tiles import LARGE, Core, ceil_div, reduce_steps, vector_steps
from autosched.te.axis import Axis
from autosched.te.combining import combining_operator
from autosched.te.tensor import ComputeOp, Operation

LONG = 64
"""Points from which on a reduction is long."""

LANES_OF_ROOT = 1.5
"""Lanes for each root of a row's length that are combined by no instruction at the end.

One after the other, they take as long as vectors in them. The places of the greatest of rows of 60,
500 and 4000 numbers, 100,000 in all, take with 16, 32 and 64 lanes 45, 69 and 131 us; 26, 21 and
27; 23, 14 and 13.
"""

MOST_TURNED = 4
"""Vectors that are interleaved when they are stored."""

LEAST_VECTORS = 2
MANY_VECTORS = 10
"""Vectors of partial results of a row that has many vectors; those of one wait for each other.

By four vectors and a remainder the maxima of rows of 1,008 values take half the time of one vector,
and softmax of them 300 instead of 368 ps a value; softmax of 80 values takes 377 instead of 341.
"""

WRITTEN_OUT = 8
"""Steps of a reduce axis up to which all of them are unrolled by default."""

MOST_WRITTEN_OUT = 128
"""Vectors that are combined at most in the code of a step, unless the first guess has more.

The best of 60 trials of seven grouped and depthwise convolutions has 24 to 108, those of 144 to 336
take 4 to 200 % longer; with conditions LLVM takes 0.2 to 3.6 s for them.
"""

NEAR_ROWS = 8
FAR_ROWS = 4
"""Rows that are added to sums in a cache at a time, neighbours and from memory."""

MOST_GUARDED = 64
"""The same where conditions are tested for each of them.

The best of those of 13 such kernels that come near others have 12 to 63.
"""


def is_reduction(stage: Stage) -> bool:
    return bool(stage.op.reduce_axis)


def is_long(stage: Stage) -> bool:
    """Whether `stage` reduces so many points that the order of its reads matters."""
    points = points_of(stage.op.reduce_axis)
    return is_reduction(stage) and points >= LONG


def longest_axis(axes: Iterable[Axis]) -> Axis:
    return max(axes, key=lambda axis: extent(axis) or LARGE)


def reuses(stage: Stage, axis: Axis) -> bool:
    """Whether points that differ along `axis` read common elements.

    They do where an operand is not indexed by the axis, or by windows that overlap.
    """
    assert isinstance(stage.op, ComputeOp)
    return any(axis not in read.pure for read in reads_of(stage.op))


def reduces_in_lanes(stage: Stage, lanes: int) -> bool:
    """Whether vectors best run along a reduce axis, since reads are contiguous only there.

    A value for each row, as its mean, does not count: it is read once, whatever is summed. The
    variance of 512 rows of 1,000 values: 212 us in vectors of rows, 44 along them.
    """
    axis = contiguous_reduce_axis(stage)
    if axis is None:
        return False
    strides = [
        _least_stride(stage, data, of_sums=True) for data in stage.op.axis if extent(data) != 1
    ]
    return 1 not in strides and ((extent(axis) or LARGE) >= lanes or not any(strides))


def turned_axes(stage: Stage) -> list[Axis]:
    """Return an axis along which reads are contiguous, and the short last one if none are there.

    So it is where points of several images become neighbours: vectors along the first of the two
    axes are interleaved when they are stored. So it is too where the last axis indexes nothing and
    only chooses, as between the parts of complex numbers. The list is empty for other stages.
    """
    axes = [axis for axis in stage.op.axis if extent(axis) != 1]
    if not is_injective(stage) or len(axes) < 2 or (extent(axes[-1]) or LARGE) > MOST_TURNED:
        return []
    assert isinstance(stage.op, ComputeOp)
    reads = reads_of(stage.op)
    if reads and not any(axes[-1] in read.axes for read in reads):
        return axes[-2:] if any(axes[-2] in read.axes for read in reads) else []
    contiguous = [axis for axis in axes if _least_stride(stage, axis) == 1]
    is_turned = len(contiguous) == 1 and contiguous[0] is not axes[-1]
    return [contiguous[0], axes[-1]] if is_turned else []


def contiguous_reduce_axis(stage: Stage) -> Axis | None:
    """Return the largest reduce axis along which an operand is contiguous."""
    axes = [axis for axis in stage.op.reduce_axis if extent(axis) != 1]
    contiguous = [axis for axis in axes if _least_stride(stage, axis) == 1]
    return max(contiguous, key=lambda axis: extent(axis) or LARGE, default=None)


def _least_stride(stage: Stage, axis: Axis, of_sums: bool = False) -> int:
    """Return the least stride of a read along `axis` in its last dimension; 0 for no read.

    The last one of several points counts. With `of_sums` only reads that depend on a reduce axis
    count.
    """
    assert isinstance(stage.op, ComputeOp)
    reduced = set(stage.op.reduce_axis)
    steps = [
        abs(coefficient(index, axis))
        for read in reads_of(stage.op)
        if axis in read.axes and not (of_sums and reduced.isdisjoint(read.axes))
        for index in _last_index(read)
    ]
    return min((step for step in steps if step), default=0)


def _last_index(read: Read) -> list[Expr]:
    """Return the index of the last dimension of several points, if there is one."""
    wide = [
        index
        for index, size in zip(read.indices, read.tensor.shape, strict=True)
        if not (type(size) is Const and size.value == 1)
    ]
    return wide[-1:]


def rfactor_lanes(builder: SketchBuilder, stage: Stage, lanes: int) -> Stage:
    """Reduce into the lanes of a few vectors first; return the stage that does."""
    b = builder
    axis = contiguous_reduce_axis(stage)
    assert axis is not None
    size = extent(axis)
    outer: Axis | None = None
    if size is None or size > lanes:
        least = LEAST_VECTORS if (size or LARGE) >= MANY_VECTORS * lanes else 1
        name = f"{stage.name}.{axis.name}.lanes"
        choices, default = vector_steps(size, lanes, least)
        if size is not None and combining_operator(stage.op) is None:
            most = max(lanes, LANES_OF_ROOT * sqrt(size))
            default = max(choice for choice in choices if choice <= most)
        width = b.decide(name, "vector", choices, default)
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


def accumulate_tile(
    builder: SketchBuilder,
    stage: Stage,
    tiles: Mapping[Axis, Number],
    lanes: int,
    is_guarded: bool = False,
) -> None:
    """Put the reduce loops around a tile; its last axis is vectorized, the others are unrolled.

    In one that `is_guarded` conditions are tested for each vector.
    """
    b = builder
    *others, vector = tiles.values()
    written_out = [*((number, 1) for number in others), (vector, lanes)]
    count = prod(ceil_div(b.sample(number), unit) for number, unit in written_out)
    defaults: dict[Axis, int] = {}
    for axis in reversed(stage.op.reduce_axis):
        choices = reduce_steps(extent(axis))
        most = MOST_GUARDED // count if is_guarded else LARGE
        wanted = choices[-1] if (extent(axis) or LARGE) <= WRITTEN_OUT else 1
        defaults[axis] = max(steps for steps in choices if steps <= max(1, min(wanted, most)))
        count *= defaults[axis]
    loops: list[Axis] = []
    unrolled: list[Axis] = []
    for axis in stage.op.reduce_axis:
        if extent(axis) == 1:
            loops.append(axis)
            continue
        name, choices = f"{stage.name}.{axis.name}.unroll", reduce_steps(extent(axis))
        steps = b.decide(name, "unroll", choices, defaults[axis])
        outer, inner = b.split(stage, axis, steps)
        loops.append(outer)
        unrolled.append(inner)
        written_out.append((steps, 1))
    b.limit(written_out, max(MOST_GUARDED if is_guarded else MOST_WRITTEN_OUT, count))
    around, points = tile_loops(b, stage, tiles)
    b.reorder(stage, [*around, *loops, *unrolled, *points])
    b.unroll_and_vectorize(stage, [*unrolled, *points])


def accumulate_rows(
    builder: SketchBuilder, stage: Stage, axis: Axis, block: Number, core: Core
) -> None:
    """Put the reduce loops around a block of `axis`; unroll a few of their steps.

    The rows of a step are neighbours. If they come from memory, and L1 keeps the sums, they are far
    apart, each the next of another part of the rows: the prefetchers of the hardware then follow a
    few long streams.
    """
    b = builder
    longest = longest_axis(stage.op.reduce_axis)
    others = [axis for axis in stage.op.reduce_axis if axis is not longest]
    sums = min(b.sample(block), extent(axis) or LARGE) * stage.op.outputs[0].dtype.bytes
    is_far = is_from_memory(stage.op, core) and sums <= core.l1_bytes
    name = f"{stage.name}.{longest.name}.unroll"
    steps = b.decide(name, "unroll", (1, 2, 4, 8, 16), FAR_ROWS if is_far else NEAR_ROWS)
    if is_far:
        unrolled, loop = b.split_into(stage, longest, steps, "partition")
    else:
        loop, unrolled = b.split(stage, longest, steps, "partition")
    around, (points,) = tile_loops(b, stage, {axis: block})
    vectors, vector = b.split(stage, points, 2 * core.lanes, "partition")
    b.reorder(stage, [*around, *others, loop, vectors, unrolled, vector])
    b.unroll_and_vectorize(stage, [unrolled, vector])


def is_from_memory(op: Operation, core: Core) -> bool:
    """Whether the operands of a stage are too large for the caches."""
    return isinstance(op, ComputeOp) and sum(map(bytes_read, reads_of(op))) >= core.l3_bytes


def tile_loops(
    builder: SketchBuilder, stage: Stage, tiles: Mapping[Axis, Number]
) -> tuple[list[Axis], list[Axis]]:
    """Return the loops around the tile that a consumer needs, and those over its points.

    The points of an axis become a loop of constant extent: where its extent is symbolic, a loop
    of one iteration is put around it.
    """
    around = [axis for axis in stage.op.axis if axis not in tiles]
    points: list[Axis] = []
    for axis, tile in tiles.items():
        if extent(axis) is None:
            outer, inner = builder.split(stage, axis, tile)
            around.append(outer)
            points.append(inner)
        else:
            points.append(axis)
    return around, points
