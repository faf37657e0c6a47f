"""A skinny contraction whose large operands are read along a reduce axis.

Vectors run along it: each lane has a partial sum of its own, in registers, for a tile of points.
The lanes are summed up at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number
from autosched.search.space.reduction import tile_loops
from autosched.search.space.rule import Place
from autosched.search.space.skinny import Skinny
from autosched.search.space.structure import Read, epilogue, extent
from autosched.search.space.tiles import LARGE, TAIL, ceil_div, unroll_tiles
from autosched.te.axis import Axis

TILE = 4
"""Points of a long axis in a tile by default, where registers suffice."""


@dataclass(eq=False)
class InLanes:
    """Schedules a skinny contraction with vectors along the reduce axis `lane`."""

    name: ClassVar[str] = "in_lanes"

    place: Place
    made: Skinny
    lane: Axis

    def apply(self) -> Iterable[Stage]:
        """Schedule the contraction with its epilogue; return the scheduled stages."""
        b, stage = self.place.builder, self.place.stage
        self.data = list(stage.op.axis)
        chain = epilogue(b.schedule, stage, self.place.excluded)
        for each in chain[:-1]:
            b.compute_inline(each)
        outer, inner = b.split(stage, self.lane, self.place.core.lanes)
        partial = b.rfactor(stage, inner, len(self.data))
        turned = [read for read in self.made.small if not read.stride_one(self.lane)]
        copies = [self.turn(read, partial) for read in turned]
        high, wide = self.tile()
        self.sum_up(partial, outer, high, wide)
        sink = chain[-1] if chain else stage
        if chain:
            self.add_lanes(stage, high, wide)
        loop = self.tiles(sink, high, wide)
        b.compute_at(partial, sink, loop)
        if chain:
            b.set_scope(stage, "local")
            b.compute_at(stage, sink, loop)
        return [*chain, stage, partial, *copies]

    def turn(self, read: Read, partial: Stage) -> Stage:
        """Copy a small operand so that it is contiguous along the lanes."""
        b, last = self.place.builder, read.pure[self.lane]
        others = [dimension for dimension in range(len(read.indices)) if dimension != last]
        copy = b.cache_read(read.tensor, "global", partial, layout=[*others, last])
        lanes = copy.op.axis[-1]
        if (extent(lanes) or LARGE) > self.place.core.lanes:
            _, lanes = b.split(copy, lanes, self.place.core.lanes, TAIL)
        b.vectorize(copy, lanes)
        return copy

    def tile(self) -> tuple[Number, Number]:
        """Open the decisions of the points in a tile: of the short axis `row`, and of the longest.

        By default tiles are as even as the registers allow with `TILE` points of the longest.
        """
        b, made = self.place.builder, self.made
        size = extent(self.row) or 1
        others = made.uses // size
        most = self.place.core.tile_registers // others
        rows = [points for points in unroll_tiles(size) if points <= most]
        few = max(1, most // min(TILE, extent(made.longest) or TILE))
        even = ceil_div(size, ceil_div(size, few))
        default = max(each for each in rows if each <= even)
        high = b.decide(f"{self.row.name}.tile", "unroll", rows, default)
        points = [each for each in unroll_tiles(extent(made.longest), 8) if each <= most]
        default = max(each for each in points if each <= TILE)
        wide = b.decide(f"{made.longest.name}.tile", "unroll", points, default)
        b.limit([(high, 1), (wide, 1)], most)
        return high, wide

    def sum_up(self, partial: Stage, outer: Axis, high: Number, wide: Number) -> None:
        """Put the reduce loops around a tile of vectors."""
        b = self.place.builder
        *data, lane = partial.op.axis
        axes = dict(zip(self.data, data, strict=True))
        tiles = {axes[self.row]: high, axes[self.made.longest]: wide}
        around, (row, points) = tile_loops(b, partial, tiles)
        whole = [axes[axis] for axis in self.made.short if axis is not self.row]
        around = [axis for axis in around if axis not in (*whole, lane)]
        reduce = [axis for axis in partial.op.reduce_axis if axis is not outer]
        steps = b.decide(f"{self.lane.name}.unroll", "unroll", (1, 2, 4), 1)
        loop, unrolled = b.split(partial, outer, steps, TAIL)
        inner = [unrolled, *whole, row, points, lane]
        b.reorder(partial, [*around, *reduce, loop, *inner])
        b.unroll_and_vectorize(partial, inner)
        b.pragma(partial, loop, "partition", True)
        b.set_scope(partial, "local")

    def add_lanes(self, stage: Stage, high: Number, wide: Number) -> None:
        """Sum up the lanes of a tile for the stages that follow."""
        b = self.place.builder
        axes = dict(zip(self.data, stage.op.axis, strict=True))
        tiles = {axes[self.row]: high, axes[self.made.longest]: wide}
        around, (row, points) = tile_loops(b, stage, tiles)
        whole = [axes[axis] for axis in self.made.short if axis is not self.row]
        inner = [*whole, row, points, *stage.op.reduce_axis]
        b.reorder(stage, [*(axis for axis in around if axis not in whole), *inner])
        b.unroll_and_vectorize(stage, inner)

    def tiles(self, sink: Stage, high: Number, wide: Number) -> Axis:
        """Tile the stage that uses the sums; return the loop over tiles."""
        b = self.place.builder
        axes = dict(zip(self.data, sink.op.axis, strict=True))
        longest, row = axes[self.made.longest], axes[self.row]
        outer, points = b.split(sink, longest, wide, TAIL)
        tiles, rows = b.split(sink, row, high, TAIL)
        whole = [axes[axis] for axis in self.made.short if axis is not self.row]
        around = [axis for axis in sink.op.axis if axis not in (*whole, row, longest)]
        loops = {row: rows, longest: points}
        inner = [*whole, *(loops[axis] for axis in sink.op.axis if axis in loops)]
        inner += sink.op.reduce_axis
        b.reorder(sink, [*around, outer, tiles, *inner])
        b.unroll_and_vectorize(sink, inner)
        loop = b.fuse(sink, [*around, outer])
        b.parallel(sink, loop)
        return tiles

    @cached_property
    def row(self) -> Axis:
        """The short axis of which a tile has some points; it has all of the others."""
        return max(self.made.short, key=lambda axis: extent(axis) or LARGE)
