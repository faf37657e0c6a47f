"""The rule for contractions: register tiles, cache blocks, packed operands.

The stage that uses the result is tiled. The reduction is computed tile by tile into accumulators
that stay in registers: one axis of the tile is vectorized, one or two are unrolled, and the reduce
loops run around them. Operands may be copied into the order in which the tiles read them.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from math import prod

from autosched.schedule.schedule import Stage
from autosched.search.space.blocks import FIRST_GUESS, PAGE_BYTES, Tiling, default_counts
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.canonical import loops_like, parts_of, reader_of
from autosched.search.space.dot import dot_axis
from autosched.search.space.next_tile import prefetch_next_tile
from autosched.search.space.operands import Operands
from autosched.search.space.packing import most_rows
from autosched.search.space.reduce_loops import by_strides, reduce_loops
from autosched.search.space.reduction import tile_loops
from autosched.search.space.structure import (
    bytes_read,
    chooses_scalars,
    computes_scalars,
    contraction,
    epilogue,
    extent,
    points_of,
    relevant_axes,
)
from autosched.search.space.tiles import (
    LARGE,
    REDUCE_BLOCKS,
    Core,
    block_counts,
    ceil_div,
    even_tiles,
    reduce_steps,
    register_tile,
    second_tile,
    step_cycles,
    unroll_tiles,
    vector_tiles,
)
from autosched.search.space.variants import Variant, longest_reduce, packed_at_call
from autosched.search.space.weights import Weights
from autosched.te.axis import Axis

LEAST_SUMS = 4
"""Vectors of sums that a register tile has at least: those of fewer wait for each other."""

FEW_PANELS = 2
"""Panels of a block along an axis of symbolic size: all are packed, also those past the end.

Attention of 8 heads and 64 numbers, in us, by one panel, 2, 4 and 16: of 17 tokens 25, 31, 40 and
82; of 128 tokens 374, 380, 399 and 442; of 1024 tokens 24552, 23883, 23604 and 23225.
"""

LEAST_PACKED = 32
"""Points of a block that a panel serves which is packed for it: for fewer, packing takes longest.

Products of 128x3072 and 3072x768 numbers, in ms: 6.2 with blocks of 128 rows, 8.1 with 32, 10 with
16, 58 with single rows.
"""


@dataclass(eq=False)
class ContractionRule:
    """Applies one variant to one contraction of a schedule under construction.

    Stages whose numbers are `excluded` do not belong to its epilogue. With `in_cache` its operands
    are expected in the L2 cache.
    """

    b: SketchBuilder
    stage: Stage
    variant: Variant
    core: Core
    excluded: Container[int] = ()
    in_cache: bool = False

    def __post_init__(self) -> None:
        found = contraction(self.stage)
        assert found is not None
        self.found = found
        self.lanes = self.core.lanes
        self.near = packed_at_call(found, self.variant.vector) if self.variant.near else None
        self.positions = [self.stage.op.axis.index(axis) for axis in found.data]
        ordered = by_strides(found, self.variant.vector)
        self.order = [self.stage.op.reduce_axis.index(axis) for axis in ordered]
        self.uneven = relevant_axes(self.stage)
        self.dot = dot_axis(found, self.core.dots) if self.variant.dot else None
        if self.dot is not None:
            self.dot_position = ordered.index(self.dot.axis)
        summed = [axis for axis in ordered if axis in found.reduce]
        self.operands = Operands(
            self.b, found, self.variant, self.core, self.dot, self.near, summed
        )
        self.weights = Weights(self.b, found, self.variant, self.core, self.dot)

    def apply(self) -> list[Stage]:
        """Schedule the contraction with its epilogue; return the scheduled stages."""
        b = self.b
        chain = epilogue(b.schedule, self.stage, self.excluded)
        for stage in chain[:-1]:
            b.compute_inline(stage)
        self.reader = reader_of(chain)
        self.parts = parts_of(self.stage, self.reader) if self.reader else set()
        self.choose_tile()
        if self.variant.blocked:
            return self.apply_blocked()
        if chain:
            sink, local = chain[-1], self.stage
        else:
            sink, local = self.stage, b.cache_write(self.stage, "local")
        packs = self.operands.packed(local, self.tiles)
        copies = [*self.operands.turned, *self.operands.regrouped(local)]
        blocks, tiles = self.tile(sink)
        if self.near is not None:
            b.compute_at(packs[self.near], sink, blocks)
        if chain:
            b.set_scope(local, "local")
        b.compute_at(local, sink, tiles[-1])
        self.accumulate(local, packs)
        self.weights.prefetch_panels(sink, packs, tiles[0])
        if self.dot is None:
            vector = self.found.data[self.variant.vector]
            along = [n for n, read in enumerate(self.found.reads) if vector in read.axes]
            near, loops = {*packs, *(along if self.in_cache else ())}, [blocks, *tiles]
            prefetch_next_tile(b, self.found, self.variant, near, self.core, sink, loops)
        return [*chain, self.stage, sink, local, *packs.values(), *copies]

    def apply_blocked(self) -> list[Stage]:
        """Tile the stage itself; the loop over blocks of its longest reduce axis is outside."""
        b, stage = self.b, self.stage
        packs = self.operands.packed(stage, self.tiles)
        longest = longest_reduce(self.found)
        block = b.decide(f"{longest.name}.block", "block", REDUCE_BLOCKS, self.depth())
        across, within, point = self.split_tiles(stage, list(stage.op.axis))
        outer, inner = b.split(stage, longest, block)
        steps = b.decide(f"{longest.name}.unroll", "unroll", reduce_steps(None), 4)
        loop, unrolled = b.split(stage, inner, steps)
        others = [axis for axis in stage.op.reduce_axis if axis is not longest]
        b.reorder(stage, [*across, outer, *within, *others, loop, unrolled, *point])
        b.parallel(stage, b.fuse(stage, across))
        if self.near is not None:
            b.compute_at(packs[self.near], stage, outer)
        b.unroll_and_vectorize(stage, [unrolled, *point])
        return [stage, *packs.values()]

    def choose_tile(self) -> None:
        """Open the decisions of the register tile: how many points of each axis."""
        b, variant, data = self.b, self.variant, self.found.data
        vector = data[variant.vector]
        first = data[variant.unroll[0]]
        is_near = variant.near or self.in_cache
        is_chosen = not is_near and chooses_scalars(self.found, vector)
        most = self.lanes if is_chosen else self.widest_panel()
        rows = most_rows(self.found, first, variant.packed)
        is_wide = is_near or computes_scalars(self.found, vector, variant.packed)
        wide, high = register_tile(extent(vector), extent(first), self.core, is_wide, most, rows)
        second = 1
        if high == extent(first) and len(variant.unroll) > 1 and not is_near:
            wide, second = self.narrowed(wide, high)
        chosen = [
            (variant.vector, vector_tiles(extent(vector), self.lanes), wide),
            (variant.unroll[0], unroll_tiles(extent(first)), high),
            *((u, unroll_tiles(extent(data[u]), 8), second) for u in variant.unroll[1:]),
        ]
        self.tiles: dict[int, Number] = {}
        units: list[tuple[Number, int]] = []
        for position, choices, default in chosen:
            if data[position] in self.parts:
                choices, default = even_tiles(extent(data[position]), choices, default)
            role, unit = ("vector", self.lanes) if position == variant.vector else ("unroll", 1)
            tile = b.decide(f"{data[position].name}.tile", role, choices, default)
            self.tiles[position] = tile
            units.append((tile, unit))
        sums = prod(ceil_div(b.sample(tile), unit) for tile, unit in units)
        b.limit(units, self.core.tile_registers, least=min(LEAST_SUMS, sums))

    def widest_panel(self) -> int:
        """Return the most points of a tile whose panel, packed right before its use, stays in L2.

        A product of 128x3072 and 3072x768 numbers: 4.7 ms with 96 points, 4.4 with 48.
        """
        if self.near is None or extent(longest_reduce(self.found)) is None:
            return LARGE
        row_bytes = self.depth() * self.found.reads[self.near].tensor.dtype.bytes
        return self.lanes * ceil_div(self.core.packed_block_bytes, row_bytes * self.lanes)

    def narrowed(self, wide: int, high: int) -> tuple[int, int]:
        """Return a tile of the vector axis that may be narrower, and one of the second axis.

        Where the panel of a tile `wide` x `high`, which has all of the first unrolled axis, is
        too long to stay in cache between tiles, a narrower one stays, and serves points of the
        second axis while it is in registers. A 3x3 convolution of 512 channels on 7x7 points,
        its weights in memory: 2109 us with 32 x 7 x 1, 1467 with 16 x 7 x 4.
        """
        most = self.core.packed_block_bytes // (4 * self.depth())
        size = extent(self.found.data[self.variant.unroll[1]])
        if wide <= max(most, self.lanes):
            return wide, second_tile(size, ceil_div(wide, self.lanes), high, self.core)
        narrow = max(self.lanes, most // self.lanes * self.lanes)
        fitting = self.core.tile_registers // (ceil_div(narrow, self.lanes) * high)
        return narrow, max(c for c in unroll_tiles(size, 8) if c <= max(1, fitting))

    def tile(self, sink: Stage) -> tuple[Axis, list[Axis]]:
        """Tile the stage that uses the result; return its loops over blocks and over tiles."""
        b = self.b
        across, within, point = self.split_tiles(sink, self.loops(sink))
        b.reorder(sink, [*across, *within, *point])
        blocks = b.fuse(sink, across)
        b.parallel(sink, blocks)
        b.unroll_and_vectorize(sink, point)
        return blocks, within

    def loops(self, sink: Stage) -> list[Axis]:
        """Return the loops of the stage that uses the result, one for each axis of the result."""
        if sink.relations:
            return list(sink.leaves)
        return loops_like(self.b, sink, self.reader) if self.reader else list(sink.op.axis)

    def split_tiles(
        self, sink: Stage, loops: Sequence[Axis]
    ) -> tuple[list[Axis], list[Axis], list[Axis]]:
        """Split into loops over cache blocks, over tiles of a block and over points of a tile.

        `loops` are those of the axes of the contraction.
        """
        b, variant = self.b, self.variant
        outer: dict[int, Axis] = {}
        middle: dict[int, Axis] = {}
        inner: dict[int, Axis] = {}
        rows: list[Number] = []
        blocks = self.blocks()
        for position, tile in self.tiles.items():
            axis = loops[self.positions[position]]
            tiles, inner[position] = b.split(sink, axis, tile, variant.tail)
            number = b.decide(f"{axis.name}.block", "block", *blocks[position])
            outer[position], middle[position] = b.split(sink, tiles, number)
            rows += [tile, number] if position in variant.unroll else []
        if variant.near:
            least = min(LEAST_PACKED, prod(map(b.sample, rows)))
            b.limit([(number, 1) for number in rows], LARGE, least)
        order = [variant.vector, *reversed(variant.unroll)]
        if not variant.vector_outside:
            order = [*order[1:], order[0]]
        tiled = {self.positions[position] for position in self.tiles}
        whole = [axis for d, axis in enumerate(loops) if d not in tiled]
        point = [inner[p] for p in reversed(variant.unroll)] + [inner[variant.vector]]
        return [*whole, *(outer[p] for p in order)], [middle[p] for p in order], point

    def blocks(self) -> dict[int, tuple[tuple[int, ...], int]]:
        """Return for each tiled axis the choices and the default of the tiles of a cache block."""
        guesses = {}
        for position, tile in self.tiles.items():
            axis = self.found.data[position]
            counts = block_counts(extent(axis), min(self.b.choices(tile)))
            guesses[position] = self.block(position, (1,) if axis in self.parts else counts)
        tiling = self.tiling()
        if tiling is None:
            return guesses
        if self.weights.come_ahead(tiling):
            for position, tiles in [*zip(guesses, tiling.tiles, strict=True)][1:]:
                if self.found.data[position] not in self.parts:
                    guesses[position] = (guesses[position][0], 1 << (tiles - 1).bit_length())
        choices = tuple(
            tuple(c for c in counts if not self.variant.near or c <= guess)
            for counts, guess in guesses.values()
        )
        guess = tuple(guess for _, guess in guesses.values())
        chosen = default_counts(tiling, choices, guess, self.core)
        return {p: (guesses[p][0], count) for p, count in zip(guesses, chosen, strict=True)}

    def tiling(self) -> Tiling | None:
        """Return what the default blocks depend on; None where extents are symbolic."""
        found, variant = self.found, self.variant
        if any(extent(axis) is None for axis in (*found.data, *found.reduce)):
            return None
        vector = found.data[variant.vector]
        tiled = {found.data[position]: self.b.sample(tile) for position, tile in self.tiles.items()}
        repeated = [axis for axis in found.data if axis not in tiled]
        wide, *points = tiled.values()
        registers = ceil_div(wide, self.lanes)
        reads = [read for read in found.reads if vector not in read.axes]
        inside = self.stage.op.axis[self.positions[variant.vector] + 1 :]
        row_bytes = 4 * points_of(inside, 1)
        innermost = found.data[variant.unroll[0]]
        is_row = innermost is self.stage.op.axis[-1]
        rows = points_of((a for a in found.data if a not in (innermost, *repeated)), 1)
        return Tiling(
            tiles=tuple(ceil_div(extent(axis) or 1, tile) for axis, tile in tiled.items()),
            repeats=points_of(repeated, 1),
            tile_cycles=self.depth() * step_cycles(registers, prod(points), variant.near),
            panel_bytes=4 * self.depth() * wide,
            data_bytes=sum(bytes_read(read, repeated) for read in reads),
            pages=ceil_div(wide * min(row_bytes, PAGE_BYTES), PAGE_BYTES),
            rows=rows if is_row else 0,
            vector_outside=variant.vector_outside,
            near=variant.near,
            uneven=tuple(n for n, axis in enumerate(tiled) if axis in self.uneven),
        )

    def block(self, position: int, counts: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
        """Return the choices and the first guess of the tiles of a cache block along an axis."""
        variant = self.variant
        if not variant.near:
            return counts, min(FIRST_GUESS, counts[-1])
        tile = self.tiles[position]
        if position != variant.vector:
            # All of them by default: a packed block serves every tile before the next is packed.
            every = ceil_div(extent(self.found.data[position]) or LARGE, self.b.sample(tile))
            counts = (*counts, *(count for count in (128, 256, 512, 1024) if count < 2 * every))
            return counts, next((count for count in counts if count >= every), counts[-1])
        if extent(self.found.data[position]) is None:
            return counts, FEW_PANELS
        # Half of L2 leaves too little for the rest: 512x512x512 takes 2403 us, 2352 with a quarter.
        room = min(self.core.packed_block_bytes, self.core.l2_bytes // 4)
        fitting = room // (4 * self.depth() * self.b.sample(tile))
        return counts, max([count for count in counts if count <= fitting], default=1)

    def depth(self) -> int:
        """Return the points that are summed into a register tile in one go, by default."""
        longest = longest_reduce(self.found)
        others = points_of((axis for axis in self.found.reduce if axis is not longest), 1)
        whole = extent(longest) or LARGE
        return others * min(whole, max(REDUCE_BLOCKS) if self.variant.blocked else LARGE)

    def accumulate(self, local: Stage, packs: dict[int, Stage]) -> None:
        """Put the reduce loops around the register tile."""
        b = self.b
        reduce = [local.op.reduce_axis[position] for position in self.order]
        points_of_dot: list[Axis] = []
        if self.dot is not None:
            where = self.dot_position
            reduce[where], grouped = b.split(local, reduce[where], self.dot.steps)
            points_of_dot.append(grouped)
        rows = [self.tiles[unrolled] for unrolled in self.variant.unroll[1:]]
        loops, unrolled = reduce_loops(b, local, reduce, rows)
        order = (*reversed(self.variant.unroll), self.variant.vector)
        tiles = {local.op.axis[self.positions[p]]: self.tiles[p] for p in order}
        around, points = tile_loops(b, local, tiles)
        inner = [*points[:-1], *points_of_dot, points[-1]]
        b.reorder(local, [*loops, *unrolled, *around, *inner])
        self.weights.prefetch(local, packs, loops[0])
        b.unroll_and_vectorize(local, [*unrolled, *inner])
