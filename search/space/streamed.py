"""A skinny contraction whose large operands are read in long rows.

Vectors run along a data axis. The partial sums of a block of it stay in the caches: for a few
steps of the reduction at a time, its vectors are loaded, summed into, and stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number
from autosched.search.space.reduction import tile_loops
from autosched.search.space.rule import Place
from autosched.search.space.skinny import Skinny
from autosched.search.space.structure import epilogue, extent
from autosched.search.space.tiles import TAIL, reduce_steps, row_blocks
from autosched.search.space.variants import longest_reduce
from autosched.te.axis import Axis


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
        if chain:
            sink, local = chain[-1], stage
            b.set_scope(local, "local")
        else:
            sink, local = stage, b.cache_write(stage, "local")
        block = self.block()
        self.sum_up(local, block)
        b.compute_at(local, sink, self.blocks(sink, block))
        return [*chain, stage, local]

    def block(self) -> Number:
        """Open the decision of the points in a block."""
        core = self.place.core
        repeats = prod(extent(axis) or 1 for axis in self.made.long if axis is not self.vector)
        threads = 1 if repeats >= core.threads else core.threads
        choices, default = row_blocks(extent(self.vector), core, threads, self.made.uses)
        return self.place.builder.decide(f"{self.vector.name}.block", "block", choices, default)

    def blocks(self, sink: Stage, block: Number) -> Axis:
        """Write a block row by row; return the loop over blocks."""
        b = self.place.builder
        axes = dict(zip(self.data, sink.op.axis, strict=True))
        outer, inner = b.split(sink, axes[self.vector], block, TAIL)
        vectors, vector = b.split(sink, inner, 2 * self.place.core.lanes, TAIL)
        rows = [axes[axis] for axis in self.made.short]
        around = [axis for axis in sink.op.axis if axis not in (*rows, axes[self.vector])]
        b.reorder(sink, [*around, outer, *rows, vectors, vector])
        b.vectorize(sink, vector)
        loop = b.fuse(sink, [*around, outer])
        b.parallel(sink, loop)
        return loop

    def sum_up(self, local: Stage, block: Number) -> None:
        """Put the reduce loops around the vectors of a block."""
        b, lanes = self.place.builder, self.place.core.lanes
        axes = dict(zip(self.data, local.op.axis, strict=True))
        reduce = dict(zip(self.reduce, local.op.reduce_axis, strict=True))
        longest = longest_reduce(self.made.found)
        choices = reduce_steps(extent(longest))
        steps = b.decide(f"{longest.name}.unroll", "unroll", choices, choices[-1])
        loop, unrolled = b.split(local, reduce.pop(longest), steps, TAIL)
        around, (points,) = tile_loops(b, local, {axes[self.vector]: block})
        most = self.place.core.tile_registers // self.made.uses
        widths = [lanes * count for count in (1, 2, 3, 4) if count <= most]
        default = min(2 * lanes, widths[-1])
        width = b.decide(f"{self.vector.name}.vector", "vector", widths, default)
        vectors, vector = b.split(local, points, width, TAIL)
        rows = [axes[axis] for axis in self.made.short]
        around = [axis for axis in around if axis not in rows]
        inner = [unrolled, *rows, vector]
        b.reorder(local, [*around, *reduce.values(), loop, vectors, *inner])
        b.unroll_and_vectorize(local, inner)
