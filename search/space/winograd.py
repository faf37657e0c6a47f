"""The rule for convolutions by Winograd's algorithm: transforms around a product of matrices.

Vectors run along the channels, which are last in all made stages. The products are tiled in
registers as those of any contraction. Transforms are computed for a vector of channels of one tile
at a time, between the first and the last axis in registers.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from math import prod

from autosched.schedule.primitives.skip_zeros import nonzero_conditions
from autosched.schedule.schedule import Stage
from autosched.schedule.sliding import Windows, windows_of
from autosched.schedule.winograd import TAPS, TRANSFORMS, fits, relative_error
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.padding import share_of_zeros
from autosched.search.space.preparation import Preparation
from autosched.search.space.reduction import tile_loops
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import epilogue, extent, points_of
from autosched.search.space.tiles import (
    LEAST_SUMS,
    PREFETCH_STEPS,
    TAIL,
    Core,
    ceil_div,
    reduce_steps,
    register_tile,
    rows_in_l1,
    unroll_tiles,
    vector_tiles,
)
from autosched.te.axis import Axis

FEWEST_CHANNELS = 32
"""The checks of candidates allow the error that is stated for this many channels or more."""

FEWEST_FILTERS = 16
"""Fewer would leave lanes of vectors empty."""

TILE_BLOCKS = (1, 2, 4, 8)
"""Register tiles whose transformed points stay in the caches of a core."""

LEAST_TILES = 48
"""Tiles of the image for each thread from which on blocks of them are best.

Each block reads all weights, and threads wait for the last one. By blocks and without, one thread
and two of a Zen 4, in us: 16 tiles of 256 channels 762 and 763, 792 and 405; 49 tiles of 128
channels 640 and 643, 373 and 333; 196 of 64 channels 725 and 754, 366 and 392.
"""

TRANSFORM = 25
"""The multiply-adds that take as long as to transform a number, to store and to load it."""

FAR_WEIGHT = 10
"""The multiply-adds that take as long as to fetch a weight from memory, while they go on.

One thread of a Zen 4 fetches one in the time of 8, two threads in that of 10; from L3 of 4.
"""

SMALL_IMAGE = 14
"""Points of an axis of an image of a symbolic extent, in a guess."""

SAFE = 1.25
"""From this gain on, an algorithm is expected to be faster for certain."""

Blocks = tuple[Stage, Axis] | None
"""The loop over blocks of tiles, if there is one."""


@dataclass(frozen=True)
class WinogradVariant:
    """F(tile, 3) for blocks of tiles, or for all of them at once where it is not `blocked`.

    `gain` is the estimated speed relative to the convolution as written.
    """

    tile: int
    blocked: bool
    gain: float = 1.0

    @property
    def name(self) -> str:
        return f"winograd{self.tile}{'_blocked' * self.blocked}"


def winograd_variants(stage: Stage, core: Core) -> list[WinogradVariant]:
    """Return the variants within the tolerance of the target, the best guess first.

    There are none where the stage is no convolution that Winograd's algorithm computes.
    """
    windows = windows_of(stage.op)
    if windows is None or not fits(windows):
        return []
    if _points(windows.channels) < FEWEST_CHANNELS or _points(windows.outputs) < FEWEST_FILTERS:
        return []
    tiles = [tile for tile in TRANSFORMS if relative_error(windows, tile) <= core.tolerance]
    terms = 1 - share_of_zeros(nonzero_conditions(stage))
    gains = {tile: terms * gain(windows, tile, core) for tile in tiles}
    made = []
    for tile in sorted(tiles, key=lambda tile: -gains[tile]):
        best = _in_blocks(windows, tile, core)
        made += [WinogradVariant(tile, blocked, gains[tile]) for blocked in (best, not best)]
    return made


def _in_blocks(windows: Windows, tile: int, core: Core) -> bool:
    """Whether blocks of tiles are best: all of them leave L2, and threads share the blocks."""
    is_large = transformed_numbers(windows, tile) * windows.image.dtype.bytes > core.l2_bytes
    return is_large and tiles_of(windows, tile) >= LEAST_TILES * core.threads


def gain(windows: Windows, tile: int, core: Core) -> float:
    """Estimate how many times as fast as the sum of all products F(tile, 3) is."""
    filters = _points(windows.channels) * _points(windows.outputs)
    places = _points(windows.batch) * prod(map(_length, windows.moving))
    taps, points = TAPS**windows.rank, (tile + TAPS - 1) ** windows.rank

    def cost(weights: int, products: int) -> int:
        is_far = weights * windows.filters.dtype.bytes > core.l2_bytes
        return max(products, FAR_WEIGHT * weights * is_far)

    weights = points * filters
    transforms = TRANSFORM * transformed_numbers(windows, tile)
    other = cost(weights, weights * tiles_of(windows, tile)) + transforms
    return cost(taps * filters, taps * filters * places) / other


def transformed_numbers(windows: Windows, tile: int) -> int:
    """The numbers in the transformed tiles of the image and of the result."""
    channels = _points(windows.channels) + _points(windows.outputs)
    return (tile + TAPS - 1) ** windows.rank * tiles_of(windows, tile) * channels


def tiles_of(windows: Windows, tile: int) -> int:
    return _points(windows.batch) * prod(ceil_div(_length(each), tile) for each in windows.moving)


def _length(moving: tuple[Axis, Axis]) -> int:
    """The places of a window along an axis; symbolic ones are those of a small image."""
    return points_of(moving[:1], SMALL_IMAGE)


def _points(axes: Sequence[Axis]) -> int:
    """The points of some axes; a symbolic batch counts as 1."""
    return points_of(axes, 1)


class WinogradConvolution(Rule):
    """Proposes Winograd's algorithm, within the tolerance of the target, for the heaviest stage."""

    name = "winograd"
    is_general = False

    def takes(self, prepared: Preparation) -> bool:
        return prepared.pads_inlined is not False and not (
            prepared.canonical or prepared.skips_padding
        )

    def proposals(self, place: Place) -> Sequence[Proposal]:
        return [_proposal(each) for each in winograd_variants(place.stage, place.core)]


def _proposal(variant: WinogradVariant) -> Proposal:
    def apply(place: Place) -> Iterable[Stage]:
        rule = WinogradRule(place.builder, place.stage, variant, place.core, place.excluded)
        return rule.apply()

    return Proposal(variant.name, apply, is_certain=variant.gain >= SAFE)


@dataclass(eq=False)
class WinogradRule:
    """Applies one variant to a convolution of a schedule under construction.

    Stages whose numbers are `excluded` do not belong to its epilogue.
    """

    b: SketchBuilder
    stage: Stage
    variant: WinogradVariant
    core: Core
    excluded: Container[int] = ()

    def apply(self) -> list[Stage]:
        """Schedule the convolution with its epilogue; return the scheduled stages."""
        b, stage = self.b, self.stage
        windows = windows_of(stage.op)
        assert windows is not None, "winograd_variants finds variants of convolutions only"
        self.rank = windows.rank
        axes = list(stage.op.axis)
        self.outputs = [axes.index(axis) for axis in windows.outputs]
        self.places = [axes.index(place) for place, _ in windows.moving]
        self.has_rows = windows.image.indices[-1] not in windows.channels
        chain = epilogue(b.schedule, stage, self.excluded)
        for each in chain[:-1]:
            b.compute_inline(each)
        image, *made = b.winograd(stage, self.variant.tile)
        inputs, weights = made[: self.rank], made[self.rank : 2 * self.rank]
        product, outputs = made[2 * self.rank], made[2 * self.rank + 1 :]
        sink = chain[-1] if chain else stage
        local = stage if chain else b.cache_write(stage, "local")
        self.copy_image(image)
        self.choose_tile(product)
        blocks = self.transform_result(outputs)
        copies = self.multiply(product, weights, blocks)
        self.transform_image(inputs, blocks)
        self.write(sink, local)
        return [*chain, stage, local, image, *made, *copies]

    def copy_image(self, stage: Stage) -> None:
        """Turn tiles of channels and points in registers where channels are not the last axis."""
        b = self.b
        *outer, last, channel = stage.op.axis
        channels, vector = b.split(stage, channel, self.core.lanes, TAIL)
        if not self.has_rows:
            b.reorder(stage, [*outer, last, channels, vector])
            b.vectorize(stage, vector)
        else:
            tail = "shift" if (extent(last) or 0) > self.core.lanes else TAIL
            points, point = b.split(stage, last, self.core.lanes, tail)
            b.reorder(stage, [*outer, points, channels, vector, point])
            b.unroll_and_vectorize(stage, [vector, point])
        b.parallel(stage, b.fuse(stage, outer) if outer else channels)

    def transform_image(self, stages: Sequence[Stage], blocks: Blocks) -> None:
        b, stage = self.b, stages[-1]
        tiles, channels, points = self.split_channels(stage)
        b.reorder(stage, [tiles, *channels, *points])
        b.unroll_and_vectorize(stage, points)
        self.keep_in_registers(stages[:-1], stage, channels[-1])
        self.place(stage, tiles, blocks)

    def transform_result(self, stages: Sequence[Stage]) -> Blocks:
        """Transform the products back; return the loop over blocks of tiles if there is one."""
        b, stage = self.b, stages[-1]
        tiles, channels, points = self.split_channels(stage)
        block, within = tiles, []
        if self.variant.blocked:
            groups, one = b.split(stage, tiles, self.down, TAIL)
            count = b.decide("tiles.block", "block", TILE_BLOCKS, 1)
            block, group = b.split(stage, groups, count, TAIL)
            within = [group, one]
        b.reorder(stage, [block, *within, *channels, *points])
        b.unroll_and_vectorize(stage, points)
        b.parallel(stage, block)
        self.keep_in_registers(stages[:-1], stage, channels[-1])
        return (stage, block) if self.variant.blocked else None

    def split_channels(self, stage: Stage) -> tuple[Axis, list[Axis], list[Axis]]:
        """Return the loops over tiles, over vectors of channels, and over the points of a vector.

        The last are the points of a tile and the lanes.
        """
        points, (tiles, *channels) = stage.op.axis[: self.rank], stage.op.axis[self.rank :]
        vectors, vector = self.b.split(stage, channels[-1], self.core.lanes, TAIL)
        return tiles, [*channels[:-1], vectors], [*points, vector]

    def keep_in_registers(self, stages: Sequence[Stage], parent: Stage, axis: Axis) -> None:
        """Compute what is transformed along some axes only where the last transform reads it."""
        b = self.b
        for number, stage in enumerate(stages):
            b.compute_at(stage, parent, axis)
            b.set_scope(stage, "local")
            points, (tiles, *channels) = stage.op.axis[: self.rank], stage.op.axis[self.rank :]
            others = [point for point in points if point is not points[number]]
            inner = [*others, points[number], channels[-1]]
            b.reorder(stage, [tiles, *channels[:-1], *inner])
            b.unroll_and_vectorize(stage, inner)

    def place(self, stage: Stage, axis: Axis, blocks: Blocks) -> None:
        """Compute a stage for each block of tiles, or as a whole by all threads."""
        if blocks is None:
            self.b.parallel(stage, axis)
        else:
            self.b.compute_at(stage, *blocks)

    def choose_tile(self, product: Stage) -> None:
        """Open the decisions of the register tile: tiles of the image by channels of the result."""
        b, lanes = self.b, self.core.lanes
        tiles, last = product.op.axis[self.rank], product.op.axis[-1]
        row_bytes = points_of(product.op.reduce_axis, 1) * product.op.outputs[0].dtype.bytes
        rows = rows_in_l1(row_bytes)
        wide, high = register_tile(extent(last), extent(tiles), self.core, highest=rows)
        choices = vector_tiles(extent(last), lanes)
        self.across = b.decide(f"{last.name}.tile", "vector", choices, wide)
        self.down = b.decide("tiles.tile", "unroll", unroll_tiles(extent(tiles)), high)
        least = min(LEAST_SUMS, ceil_div(wide, lanes) * high)
        b.limit([(self.across, lanes), (self.down, 1)], self.core.tile_registers, least)

    def multiply(self, product: Stage, weights: Sequence[Stage], blocks: Blocks) -> list[Stage]:
        """Tile the products in registers; return the copy of the weights, and the accumulators."""
        b = self.b
        rank = len(weights[-1].op.axis)
        layout = [*range(self.rank), [rank - 1, self.across], *range(self.rank, rank)]
        pack = b.cache_read(weights[-1].op.outputs[0], "global", product, layout=layout)
        b.compute_inline(weights[-1])
        self.transform_weights(weights[:-1], pack)
        local = b.cache_write(product, "local")
        *points, tiles = product.op.axis[: self.rank + 1]
        *others, last = product.op.axis[self.rank + 1 :]
        outer_tiles, tile = b.split(product, tiles, self.down, TAIL)
        panels, panel = b.split(product, last, self.across, TAIL)
        b.reorder(product, [*points, *others, panels, outer_tiles, tile, panel])
        b.unroll_and_vectorize(product, [tile, panel])
        b.compute_at(local, product, outer_tiles)
        self.accumulate(local, pack)
        if blocks is None:
            b.parallel(product, b.fuse(product, [*points, *others, panels]))
        else:
            b.compute_at(product, *blocks)
        return [pack, local]

    def transform_weights(self, stages: Sequence[Stage], pack: Stage) -> None:
        """Transform a vector of filters at a time, in loops that are written out along one axis."""
        b = self.b
        points, (panel, *channels, filters) = pack.op.axis[: self.rank], pack.op.axis[self.rank :]
        vectors, vector = b.split(pack, filters, self.core.lanes, TAIL)
        b.reorder(pack, [panel, *channels, vectors, *points, vector])
        b.unroll_and_vectorize(pack, [points[-1], vector])
        blocks = b.fuse(pack, [panel, *channels])
        b.parallel(pack, blocks)
        for stage in stages:
            b.compute_at(stage, pack, vectors)
            b.set_scope(stage, "local")
            axis = stage.op.axis
            b.reorder(stage, [axis[1], *axis[2:-1], axis[0], axis[-1]])
            b.unroll_and_vectorize(stage, [axis[0], axis[-1]])

    def accumulate(self, local: Stage, pack: Stage) -> None:
        """Put the loops over channels around the register tile.

        The packed weights are prefetched where they do not stay in L2.
        """
        b = self.b
        *outer, reduced = local.op.reduce_axis
        choices = reduce_steps(extent(reduced))
        steps = b.decide(f"{reduced.name}.unroll", "unroll", choices, 4 if 4 in choices else 1)
        loop, unrolled = b.split(local, reduced, steps)
        last = local.op.axis[-1]
        around, (tile,) = tile_loops(b, local, {local.op.axis[self.rank]: self.down})
        around = [axis for axis in around if axis is not last]
        b.reorder(local, [*around, *outer, loop, unrolled, tile, last])
        size = _points(pack.op.axis) * pack.op.outputs[0].dtype.bytes
        default = 8 if size > self.core.far_bytes else 0
        ahead = b.decide("prefetch", "prefetch", PREFETCH_STEPS, default)
        b.prefetch(local, pack.op.outputs[0], loop, ahead)
        b.unroll_and_vectorize(local, [unrolled, tile, last])

    def write(self, sink: Stage, local: Stage) -> None:
        """Write rows of the result, with its epilogue, from a block that is turned in L1."""
        b, lanes = self.b, self.core.lanes
        b.set_scope(local, "local")
        axes = list(sink.op.axis)
        filters = self.outputs[-1]
        outer, inner = dict(enumerate(axes)), {}
        for place in self.places:
            if place != len(axes) - 1:
                outer[place], inner[place] = b.split(sink, axes[place], self.variant.tile, TAIL)
        outer[filters], inner[filters] = b.split(sink, axes[filters], lanes, TAIL)
        if filters != len(axes) - 1:
            whole, inner[len(axes) - 1] = b.split(sink, outer.pop(len(axes) - 1), lanes, TAIL)
            within = [*(inner[place] for place in sorted(inner)[:-1]), whole, inner[len(axes) - 1]]
        else:
            within = [inner[place] for place in sorted(inner)]
        across = [axis for place, axis in outer.items() if place != filters] + [outer[filters]]
        b.reorder(sink, [*across, *within])
        blocks = b.fuse(sink, across)
        b.parallel(sink, blocks)
        b.vectorize(sink, within[-1])
        b.compute_at(local, sink, blocks)
        self.turn(local)

    def turn(self, local: Stage) -> None:
        """Copy a block of the result with vectors along its channels."""
        b = self.b
        axes = list(local.op.axis)
        *_, last = self.places
        corners, point = b.split(local, axes[last], self.variant.tile, TAIL)
        filters = axes[self.outputs[-1]]
        tiles = {axes[place]: self.variant.tile for place in self.places[:-1]}
        around, near = tile_loops(b, local, tiles)
        inner = [*near, point, filters]
        known = {axes[last], filters}
        b.reorder(local, [*(axis for axis in around if axis not in known), corners, *inner])
        b.unroll_and_vectorize(local, inner)
