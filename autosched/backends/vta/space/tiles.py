"""The rule for accelerators: the output is computed in tiles, each completely on the chip.

The loops over tiles are outermost, virtual threads inside them. A tile computes its sums in
steps of the reduction and loads operands for each step; then the ALU processes the sums, and
they are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.backends.vta.packed.layout import whole
from autosched.backends.vta.schedules.roles import Product, Roles
from autosched.backends.vta.schedules.sizes import instructions
from autosched.backends.vta.space.capacity import EvenLimit
from autosched.backends.vta.space.limits import Limiter
from autosched.backends.vta.space.tiling import BLOCK, Tiling, Variant, stays_small, stepped
from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number, Open, SketchBuilder
from autosched.te.axis import Axis
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.environment import SCOPES, Environment

THREADS = (1, 2)

_THREADED = 2
"""The most axes that are divided among threads; if there are more, the last one is the rows."""


@dataclass(eq=False)
class TileRule:
    """Schedules the stages of an expression by one variant."""

    b: SketchBuilder
    found: Roles
    config: VTAConfig
    variant: Variant

    def __post_init__(self) -> None:
        self.env = Environment(self.config)
        self.out = self.b.schedule[self.found.out]

    def apply(self) -> None:
        """Schedule every stage, and limit the decisions to tiles that fit."""
        b, found, s = self.b, self.found, self.b.schedule
        acc = SCOPES[Memory.ACC]
        self.tiling = self.decide()
        loaded = [
            (tensor, b.cache_read(tensor, acc, *(s[reader] for reader in readers)))
            for tensor, readers in found.loaded
        ]
        operands = [self.operands(each) for each in found.products]
        at = self.split()
        sums = [s[each.sums] for each in found.products]
        for stage in (*map(s.__getitem__, found.alu), *sums):
            b.set_scope(stage, acc)
            b.compute_at(stage, self.out, at)
            self.double(stage, "sums")
        for tensor, stage in loaded:
            if not stays_small(tensor, self.config):
                b.compute_at(stage, self.out, at)
                self.double(stage, "sums")
            b.pragma(stage, stage.op.axis[0], self.env.dma_copy)
        for tensor in found.alu:
            stage = s[tensor]
            b.reorder(stage, [*stage.op.reduce_axis, *stage.op.axis])
            b.pragma(stage, stage.op.axis[0], self.env.alu)
        self.depths = [
            self.multiply(each, *pair) for each, pair in zip(found.products, operands, strict=True)
        ]
        Limiter(b, self.tiling, self.depths).apply()

    def length(self, vector: Sequence[int]) -> int:
        """Estimate the number of instructions of a candidate."""
        chosen = [
            vector[number.index] if isinstance(number, Open) else number
            for number in (*self.tiling.tiles, *self.depths)
        ]
        tiles, depths = chosen[: len(self.tiling.tiles)], chosen[len(self.tiling.tiles) :]
        return instructions(self.found, tiles, min(depths, default=1), skips=self.variant.skips)

    def decide(self) -> Tiling:
        """Create the decisions: a tile of every axis, and threads along two of them."""
        b = self.b
        axes = self.out.op.axis[:-BLOCK]
        sizes = [whole(axis.extent) for axis in axes]
        tiles = tuple(
            b.decide(f"{axis.name}.tile", "tile", tile_sizes(size), size)
            for axis, size in zip(axes, sizes, strict=True)
        )
        threads: dict[int, Number] = {}
        long = [n for n, size in enumerate(sizes) if size > 1]
        for place in long[-3:-1] if len(long) > _THREADED else long:
            name = f"{axes[place].name}.threads"
            number = threads[place] = b.decide(name, "threads", THREADS, 1)
            tile = tiles[place]
            if isinstance(number, Open) and isinstance(tile, Open):
                b.limits.append(EvenLimit(sizes[place], tile.index, number.index))
        return Tiling(self.found, self.config, self.variant, axes, tiles, threads)

    def operands(self, each: Product) -> tuple[Stage, Stage]:
        """Read data and weights through buffers on the chip."""
        b, s = self.b, self.b.schedule
        sums = s[each.sums]
        padded = [s[stage] for stage in each.padded]
        if padded and not self.variant.skips:
            data, inlined = padded[0], padded[1:]
            b.set_scope(data, SCOPES[Memory.INP])
        else:
            reader = padded[-1] if padded else sums
            data, inlined = b.cache_read(each.data, SCOPES[Memory.INP], reader), padded
        for stage in inlined:
            b.compute_inline(stage)
        return data, b.cache_read(each.weights, SCOPES[Memory.WGT], sums)

    def split(self) -> Axis:
        """Split the loops of the output; return the axis at which a tile is computed."""
        b, out, tiling = self.b, self.out, self.tiling
        outer, threads, inner = {}, [], []
        for place, axis in enumerate(tiling.axes):
            outer[place], within = b.split(out, axis, tiling.tiles[place])
            inner.append(within)
            if place in tiling.threads:
                outer[place], thread = b.split(out, outer[place], tiling.threads[place])
                threads.append(thread)
        # What the resident operand depends on moves last.
        kept = tiling.places(self.variant.resident)
        order = sorted(outer, key=lambda place: place not in kept)
        self.outer = [outer[place] for place in order]
        self.kept = self.outer[: sum(place in kept for place in order)]
        b.reorder(out, [*self.outer, *threads, *inner, *out.op.axis[-BLOCK:]])
        for thread in threads:
            b.bind(out, thread)
        b.pragma(out, inner[0], self.env.dma_copy)
        return threads[-1] if threads else self.outer[-1]

    def multiply(self, each: Product, data: Stage, weights: Stage) -> Number:
        """Split the loops of a product; return how much of the reduction is one step."""
        b, stage = self.b, self.b.schedule[each.sums]
        *place, rows, columns = stage.op.axis
        *reduced, lane = stage.op.reduce_axis
        depth: Number = 1
        long = stepped(each)
        if long is not None:
            place_of = reduced.index(long)
            depth = b.decide(f"{long.name}.step", "step", tile_sizes(whole(long.extent)), 1)
            step, reduced[place_of] = b.split(stage, long, depth)
        else:
            step, lane = b.split(stage, lane, self.config.block_in)
        b.reorder(stage, [step, *place, *reduced, rows, columns, lane])
        for name, operand in (("data", data), ("weights", weights)):
            if name != self.variant.resident:
                b.compute_at(operand, stage, step)
            elif self.kept:
                b.compute_at(operand, self.out, self.kept[-1])
            self.double(operand, name)
            b.pragma(operand, operand.op.axis[0], self.env.dma_copy)
        b.tensorize(stage, rows, self.env.gemm.name, self.env.gemm.shape)
        return depth

    def double(self, stage: Stage, name: str) -> None:
        if name in self.variant.doubled:
            self.b.double_buffer(stage)


def tile_sizes(size: int) -> tuple[int, ...]:
    """Return the divisors of an extent; if these are few, also tiles that cut it evenly."""
    divisors = [tile for tile in range(1, size + 1) if size % tile == 0]
    if len(divisors) > 3 or size <= 3:
        return tuple(divisors)
    return tuple(sorted({-(-size // count) for count in range(1, size + 1)}))
