"""A skinny contraction whose large operands are read in long rows.

Vectors run along a data axis. The partial sums of a block of it stay in the caches: for some steps
of the reduction at a time, tile by tile, they are loaded, summed into, and stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number
from autosched.search.space.canonical import loops_like, reader_of
from autosched.search.space.packing import copy_rows, share
from autosched.search.space.reduction import tile_loops
from autosched.search.space.rule import Place
from autosched.search.space.skinny import Skinny
from autosched.search.space.structure import Read, epilogue, extent, points_of
from autosched.search.space.tiles import (
    LARGE,
    TAIL,
    ceil_div,
    reduce_steps,
    row_blocks,
    unroll_tiles,
    vector_tiles,
)
from autosched.search.space.variants import longest_reduce
from autosched.te.axis import Axis

STEPS = (8, 16, 32, 64, 128, 256)
"""Steps of the reduction for which sums are in registers.

Each step reads another row of the large operand: more than 16, the default, are too many at a time
for the prefetchers of the hardware. Few sums are stored in no time after 8.
"""

TALL = 16
"""Points that use a vector while it is in a register, by default."""

FEW_ROWS = 4
"""Rows of a small operand up to which they are read as they lie."""


@dataclass(eq=False)
class Streamed:
    """Schedules a skinny contraction with vectors along the data axis `vector`."""

    name: ClassVar[str] = "streamed"

    place: Place
    made: Skinny
    vector: Axis

    def apply(self) -> Iterable[Stage]:
        """Schedule the contraction with its epilogue; return the scheduled stages."""
        b, stage = self.place.builder, self.place.stage
        self.data, self.reduce = list(stage.op.axis), list(stage.op.reduce_axis)
        chain = epilogue(b.schedule, stage, self.place.excluded)
        for each in chain[:-1]:
            b.compute_inline(each)
        self.reader = reader_of(chain)
        if chain:
            sink, local = chain[-1], stage
        else:
            sink, local = stage, b.cache_write(stage, "global")
        copies = [self.turn(read, local) for read in self.made.small if self.is_turned(read)]
        block = self.block()
        self.sum_up(local, block)
        b.compute_at(local, sink, self.blocks(sink, block))
        return [*chain, stage, local, *copies]

    def is_turned(self, read: Read) -> bool:
        """Whether the rows of a small operand are copied: not few of them, nor columns."""
        columns = any(read.stride_one(axis) for axis in self.made.short)
        return read.packable and not columns and self.made.uses > FEW_ROWS

    def block(self) -> Number:
        """Open the decision of the points in a block."""
        core = self.place.core
        repeats = points_of((axis for axis in self.made.long if axis is not self.vector), 1)
        threads = 1 if repeats >= core.threads else core.threads
        choices, default = row_blocks(extent(self.vector), core, threads, self.made.uses)
        return self.place.builder.decide(f"{self.vector.name}.block", "block", choices, default)

    def blocks(self, sink: Stage, block: Number) -> Axis:
        """Write a block row by row; return the loop over blocks."""
        b = self.place.builder
        loops = self.loops(sink)
        axes = dict(zip(self.data, loops, strict=True))
        outer, inner = b.split(sink, axes[self.vector], block, TAIL)
        vectors, vector = b.split(sink, inner, 2 * self.place.core.lanes, TAIL)
        rows = [axes[axis] for axis in self.made.short]
        around = [axis for axis in loops if axis not in (*rows, axes[self.vector])]
        b.reorder(sink, [*around, outer, *rows, vectors, vector])
        b.vectorize(sink, vector)
        loop = b.fuse(sink, [*around, outer])
        b.parallel(sink, loop)
        return loop

    def loops(self, sink: Stage) -> list[Axis]:
        """Return the loops of the stage that uses the result, one for each axis of the result."""
        if sink.relations:
            return list(sink.leaves)
        return (
            loops_like(self.place.builder, sink, self.reader) if self.reader else list(sink.op.axis)
        )

    def turn(self, read: Read, local: Stage) -> Stage:
        """Copy a small operand so that what the points of a tile read lies together.

        Rows that begin a multiple of a page apart share a set of L1.
        """
        b = self.place.builder
        rows = [read.pure[axis] for axis in self.made.short if axis in read.pure]
        others = [dimension for dimension in range(len(read.indices)) if dimension not in rows]
        copy = b.cache_read(read.tensor, "global", local, layout=[*others, *rows])
        last = len(read.indices) - 1
        contiguous = others.index(last) if last in others else None
        share(b, copy, copy_rows(b, copy, contiguous, False, self.place.core.lanes))
        return copy

    def sum_up(self, local: Stage, block: Number) -> None:
        """Put the reduce loops around the vectors of a block.

        The sums of a tile are in registers for a block of steps, which the next tile reads again.
        """
        b = self.place.builder
        axes = dict(zip(self.data, local.op.axis, strict=True))
        reduce = dict(zip(self.reduce, local.op.reduce_axis, strict=True))
        longest = longest_reduce(self.made.found)
        few = self.made.uses <= FEW_ROWS
        choices = reduce_steps(extent(longest))
        steps = b.decide(f"{longest.name}.block", "block", STEPS, 8 if few else 16)
        loop, within = b.split(local, reduce.pop(longest), steps, TAIL)
        default = max(choice for choice in choices if choice <= (8 if few else 4))
        unroll = b.decide(f"{longest.name}.unroll", "unroll", choices, default)
        within, unrolled = b.split(local, within, unroll, TAIL)
        around, (points,) = tile_loops(b, local, {axes[self.vector]: block})
        row = max(self.made.short, key=lambda axis: extent(axis) or LARGE)
        whole = self.whole(row)
        high, width = self.tile(row, points_of(whole, 1))
        vectors, vector = b.split(local, points, width, TAIL)
        tiles, points = b.split(local, axes[row], high, TAIL)
        short = [axes[axis] for axis in self.made.short]
        others = [axes[axis] for axis in self.made.short if axis not in (row, *whole)]
        around = [axis for axis in around if axis not in short]
        inner = [unrolled, *(axes[axis] for axis in whole), points, vector]
        outer = [*around, *reduce.values(), loop, vectors, *others, tiles]
        b.reorder(local, [*outer, within, *inner])
        b.unroll_and_vectorize(local, inner)

    def whole(self, row: Axis) -> list[Axis]:
        """Return the short axes beside `row` all of whose points are in a register tile."""
        found: list[Axis] = []
        points = 1
        for axis in self.made.short:
            size = extent(axis) or 1
            if axis is not row and points * size <= self.place.core.tile_registers:
                found.append(axis)
                points *= size
        return found

    def tile(self, row: Axis, others: int) -> tuple[Number, Number]:
        """Open the decisions of the points of a register tile: of a row's, and of the vector axis.

        There are `others` of other axes for each point of the row. By default tiles are of many
        rows, so that vectors, which come from afar, serve all of them.
        """
        b, core = self.place.builder, self.place.core
        size = extent(row) or 1
        most = max(1, min(TALL, core.tile_registers) // others)
        even = ceil_div(size, ceil_div(size, most))
        choices = [
            points for points in unroll_tiles(size) if points * others <= core.tile_registers
        ]
        high = b.decide(f"{row.name}.tile", "unroll", choices, even)
        widths = vector_tiles(None, core.lanes)
        wide = 2 if 2 * even * others <= core.tile_registers else 1
        width = b.decide(f"{self.vector.name}.vector", "vector", widths, wide * core.lanes)
        b.limit([(high, 1), (width, core.lanes)], core.tile_registers // others)
        return high, width
