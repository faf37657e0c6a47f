"""Operands of bytes that come with the call are turned before they are packed for dot products.

Packing interleaves vectors along the axis that vectors of the sum run along. Where the operand
lies the other way, each byte would be moved by itself: processors do not gather any. A copy whose
tiles are transposed in registers takes a tenth of the time, and packing reads its rows. Elements of
two bytes are gathered in half of the time that it takes to turn them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from autosched.ir.expr import Const
from autosched.schedule.schedule import Schedule, Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.packing import share
from autosched.search.space.structure import Read, is_movement, is_shift, points_of, reads_of
from autosched.te.tensor import ComputeOp, Tensor

LEAST_ROW = 4
"""Neighbouring bytes from which on tiles are transposed in registers."""

TILE_ROWS = 16
"""Vectors of bytes that are transposed at once."""

LEAST_SHARED = 1 << 16
"""Bytes from which on threads share a copy: it takes 4 us, and entering a parallel loop 2.

147,000 bytes for a 3x3 convolution in 4 groups: 40 us with one thread that turns them, 28 with two.
"""


@dataclass(frozen=True, eq=False)
class Source:
    """The elements of `tensor` that stages `moved`, the last one first, move to an operand.

    `reader` reads them; vectors run along their `dimension`.
    """

    tensor: Tensor
    dimension: int
    reader: Stage
    moved: tuple[Stage, ...]

    @property
    def is_in_order(self) -> bool:
        """Whether vectors read neighbours."""
        return self.dimension == len(self.tensor.shape) - 1

    @property
    def row(self) -> int:
        """The neighbouring elements along the dimensions inside; 0 where that is not known."""
        inside = self.tensor.shape[self.dimension + 1 :]
        return prod(int(size.value) if type(size) is Const else 0 for size in inside)

    @property
    def layout(self) -> list[int]:
        """The dimensions of a copy that vectors read in order."""
        others = [d for d in range(len(self.tensor.shape)) if d != self.dimension]
        return [*others, self.dimension]


def source_of(schedule: Schedule, reader: Stage, read: Read, dimension: int) -> Source:
    """Return what a read of `reader` is moved from by stages that copies can compute."""
    moved: list[Stage] = []
    tensor, last = read.tensor, reader
    while True:
        stage = schedule[tensor]
        below = _read_below(stage) if schedule.consumers(stage) == [last] else None
        if below is None or not isinstance(stage.op, ComputeOp):
            break
        place = below.pure.get(stage.op.axis[dimension])
        if place is None:
            break
        moved.append(stage)
        tensor, dimension, last = below.tensor, place, stage
    return Source(tensor, dimension, last, tuple(moved))


def _read_below(stage: Stage) -> Read | None:
    """Return the one read of a stage that moves elements, or shifts them."""
    if stage.is_output or not isinstance(stage.op, ComputeOp):
        return None
    reads = reads_of(stage.op)
    return reads[0] if len(reads) == 1 and (is_shift(stage) or is_movement(stage)) else None


def turn(b: SketchBuilder, source: Source, lanes: int) -> Stage:
    """Copy a source so that vectors read it in order; return the copy."""
    copy = b.cache_read(source.tensor, "global", source.reader, layout=source.layout)
    *axes, last = copy.op.axis
    rows, inside = axes[: source.dimension], axes[source.dimension :]
    blocks, vector = b.split(copy, b.fuse(copy, inside), lanes, "partition")
    tiles, points = b.split(copy, last, TILE_ROWS, "partition")
    b.reorder(copy, [*rows, tiles, blocks, points, vector])
    b.unroll_and_vectorize(copy, [points, vector])
    if points_of(copy.op.axis) >= LEAST_SHARED:
        share(b, copy, [*rows, tiles, blocks])
    return copy


def moved_layout(layout: Sequence[Any], source: Source) -> list[Any]:
    """Return a layout of what is turned in terms of the dimensions of the copy."""
    place = {dimension: number for number, dimension in enumerate(source.layout)}
    return [place[each] if type(each) is int else [place[each[0]], each[1]] for each in layout]
