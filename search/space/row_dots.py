"""Sums of products of two rows of narrow numbers, for which a target has instructions.

    C[j] = sum of int32(A[k]) * int32(B[j, k])

is no contraction, as each element of B is used once. An instruction takes neighbours of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.ir.expr import Mul
from autosched.schedule.primitives.offset_factor import can_offset
from autosched.schedule.primitives.pad_reduce import can_pad
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.dot import ALIKE, OFFSET, converted, dots_for
from autosched.search.space.reduction import (
    contiguous_reduce_axis,
    reduces_in_lanes,
    rfactor_lanes,
)
from autosched.search.space.structure import (
    Read,
    bytes_read,
    contraction,
    extent,
    is_injective,
    read_of,
)
from autosched.search.space.tiles import Core, vector_steps
from autosched.te.axis import Axis
from autosched.te.combining import summed

FEW = 2
"""Vectors of partial results by default: those of one wait for each other.

Sums of a single vector are left: 1x32 by the transpose of 1000x32 int16 takes 1.4 us,
1.0 converted.
"""


@dataclass(frozen=True)
class RowDot:
    """A sum along a reduce axis, of which each lane of an instruction takes `steps` points.

    The `larger` factor, numbered from the left, is offset first if `is_offset`. Before that, the
    axis is rounded up to a multiple of `rounds_to`, unless that is None.
    """

    axis: Axis
    steps: int
    larger: int
    is_offset: bool
    rounds_to: int | None


def row_dot(stage: Stage, core: Core) -> RowDot | None:
    """Return how instructions compute a sum of products of rows, or None if they do not.

    The axis has some vectors; both factors are contiguous along it.
    """
    product = summed(stage.op)
    if type(product) is not Mul or not core.fast_dots:
        return None
    elements = [converted(product.a), converted(product.b)]
    if None in elements or contraction(stage) or not reduces_in_lanes(stage, core.lanes):
        return None
    axis = contiguous_reduce_axis(stage)
    found = [each for each in elements if each is not None]
    reads = [*map(read_of, found)]
    if axis is None or not all(_is_contiguous(read, axis) for read in reads):
        return None
    kinds = [each.dtype.name for each in found]
    steps, is_offset = _steps(stage, core, kinds), False
    larger = _larger(reads)
    if steps is None and kinds in ALIKE and can_offset(stage.op, larger):
        steps, is_offset = _steps(stage, core, OFFSET), True
    size, vector = extent(axis) or 0, (steps or 1) * core.lanes
    if steps is None or size < FEW * vector:
        return None
    rounds_to = FEW * vector if size % vector else None
    if rounds_to is not None and not can_pad(stage.op, axis):
        return None
    return RowDot(axis, steps, larger, is_offset, rounds_to)


def _is_contiguous(read: Read, axis: Axis) -> bool:
    """Whether points along an axis are neighbours in memory, also in a matrix of one column."""
    is_column = axis in read.pure and read.step_bytes(axis) == read.tensor.dtype.bytes
    return is_column or read.stride_one(axis)


def _steps(stage: Stage, core: Core, kinds: list[str]) -> int | None:
    return next((dot.steps for dot in dots_for(stage, core.fast_dots, kinds)), None)


def _larger(reads: Sequence[Read]) -> int:
    return max(range(2), key=lambda number: bytes_read(reads[number]))


def prepare_rows(builder: SketchBuilder, core: Core) -> None:
    """Round axes up, and offset the larger factor, where instructions compute sums of rows then.

    Both are done where the factors are read: no zeros are stored. What the offset adds is a
    multiple of the sums of the smaller one: it is subtracted where the result is read.
    """
    for stage in list(builder.schedule.stages):
        found = row_dot(stage, core) if isinstance(stage.attachment, AtRoot) else None
        if found is None:
            continue
        if found.rounds_to is not None:
            for copy in builder.pad_reduce(stage, found.axis, found.rounds_to):
                builder.compute_inline(copy)
        if found.is_offset:
            builder.compute_inline(builder.offset_factor(stage, found.larger))
            readers = builder.schedule.consumers(stage)
            if not stage.is_output and all(map(is_injective, readers)):
                builder.compute_inline(stage)


def reduce_lanes(builder: SketchBuilder, stage: Stage, core: Core) -> Stage:
    """Reduce into lanes first, by dot products where these do; return the stage that does."""
    found = row_dot(stage, core)
    if found is None or found.is_offset or found.rounds_to is not None:
        return rfactor_lanes(builder, stage, core.lanes)
    return _sum_dots(builder, stage, found, core.lanes)


def _sum_dots(builder: SketchBuilder, stage: Stage, found: RowDot, lanes: int) -> Stage:
    b = builder
    groups, step = b.split(stage, found.axis, found.steps)
    size = (extent(found.axis) or 0) // found.steps
    widths, _ = vector_steps(size, lanes)
    even = [width for width in widths if size % width == 0]
    default = max(width for width in even if width <= FEW * lanes)
    width: Number = b.decide(f"{stage.name}.{found.axis.name}.lanes", "vector", even, default)
    _, lane = b.split(stage, groups, width)
    partial = b.rfactor(stage, lane, len(stage.op.axis))
    *data, points = partial.op.axis
    vectors, vector = b.split(partial, points, lanes)
    others = [axis for axis in partial.op.reduce_axis if axis is not step]
    b.reorder(partial, [*data, *others, vectors, step, vector])
    b.unroll_and_vectorize(partial, [vectors, step, vector])
    for axis in others:
        b.pragma(partial, axis, "partition", True)
    b.set_scope(partial, "local")
    b.vectorize(stage, stage.op.reduce_axis[0])
    return partial
