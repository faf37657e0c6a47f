"""The rule for contractions that windows read: they are computed for blocks of planes.

    for blocks of channels, shared by the threads:
        the contraction, for these channels and all points      in L2
        the windows over it

A convolution of one point and the depthwise one after it are such a pair. What is between the two
never leaves the core that computes it, and nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from autosched.errors import ScheduleError
from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.group_rule import GroupRule
from autosched.search.space.inlining import inline_producers
from autosched.search.space.preparation import Preparation
from autosched.search.space.producer import Producer
from autosched.search.space.reduction import reduces_in_lanes
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import Contraction, contraction, extent, has_select, points_of
from autosched.search.space.tiles import TAIL, Core, ceil_div, unroll_tiles, vector_tiles
from autosched.search.space.variants import Variant, variants
from autosched.search.space.windows import Planes, ends_before_windows, planes_of
from autosched.target.target import Target
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor

LEAST_HIGH, MOST_HIGH = 4, 16
"""The planes in a register tile: by default as many as divide all, if these are not too few."""

BLOCKS = (1, 2, 3, 4, 6, 8)
"""Register tiles in a block of planes."""

WINDOW_VECTORS = 8
"""Vectors in a register tile of windows by default: their points are read from L2 again and again,
and more tiles than these leave no registers to keep them. 144 channels of 56 x 56 points: 231 us
with 8, 281 with 16. Half of them at most are along a row, so that rows share what they read:
128 channels of 12 x 80 points, read in steps of 2: 411 us with tiles of 6 rows, 508 with one."""

LEAST_SHARE = 6
"""What is between fills at least one in so many bytes of L2: two kernels are as fast with less."""

MOST_WASTE = 1.15
"""Vectors computed, for each that a plane, or a row of windows, fills."""

PLANES_TO_READ_FOR = 64
"""Planes of a thread whose sums hide that it reads all the data, also from other cores: with two
threads 900 KB take 70 us more, a third of the time for 32 planes of a thread."""


class PlaneBlocks(Rule):
    """Proposes blocks of planes."""

    name = "planes"

    def takes(self, prepared: Preparation) -> bool:
        return prepared.pads_inlined is not False

    def proposals(self, place: Place) -> Sequence[Proposal]:
        found = planes_of(place.builder.schedule, place.stage, place.excluded)
        if found is None or reduces_in_lanes(found.window, place.core.lanes):
            return []
        variant = _variant(found, place.core)
        if variant is None:
            return []
        stages = {stage.number for stage in (*found.group.members, found.group.sink)}
        apply = partial(_scheduled, found, variant)
        takes = frozenset(stages - {place.stage.number})
        return [Proposal("planes", apply, _is_faster(found, variant, place.core), takes=takes)]


def is_faster_in_blocks(outputs: Sequence[Tensor], target: Target) -> bool:
    """Whether a contraction of these tensors is expected to be faster in blocks of planes."""
    core = Core.of(target, max(32, *(tensor.dtype.bits for tensor in outputs)))
    kept = ends_before_windows(outputs, core.lanes)
    if not kept:
        return False
    builder = SketchBuilder(outputs)
    inline_producers(builder, pads_inlined=True, kept=kept)
    places = (Place(builder, stage, core) for stage in builder.schedule.stages)
    proposals = (each for place in places for each in PlaneBlocks().proposals(place))
    return any(proposal.is_certain for proposal in proposals)


def _variant(found: Planes, core: Core) -> Variant | None:
    """Return the variant with the fewest copies that vectorizes points and unrolls planes."""
    made = contraction(found.first)
    assert made is not None
    if any(extent(axis) is None for axis in (*made.data, *made.reduce)):
        return None
    place = {**found.group.members[found.first]}[found.row]
    plane = found.first.op.axis[place]
    fitting = [
        each
        for each in variants(made, False, core)
        if not each.near
        and each.tail == TAIL
        and [made.data[position] for position in each.unroll] == [plane]
        and made.data[each.vector] is not plane
    ]
    return min(fitting, key=lambda each: len(each.packed), default=None)


def _is_faster(found: Planes, variant: Variant, core: Core) -> bool:
    """Whether what is between would leave the caches, but blocks stay there and fill vectors.

    Only for float32 and float64: dot products of small integers have operands in groups, and those
    of 16 bits are converted once, which the tiles of this rule do not do.
    """
    made = contraction(found.first)
    assert made is not None
    points = extent(made.data[variant.vector]) or 1
    _, high = _register_tile(points, _planes(found), core)
    plane_bytes = _plane_bytes(found)
    return (
        _is_wide_float(made)
        and not has_select(found.first)
        and _planes(found) * plane_bytes > core.l2_bytes // LEAST_SHARE
        and high * plane_bytes <= core.l2_bytes // 2
        and _fills_vectors(points, core)
        and _fills_vectors(extent(found.group.sink.op.axis[-1]) or 1, core)
        and _reads_little(found, made, core)
    )


def _fills_vectors(points: int, core: Core) -> bool:
    """Whether so many points, of a plane or of a row of windows, leave few lanes empty."""
    return ceil_div(points, core.lanes) * core.lanes <= MOST_WASTE * points


def _reads_little(found: Planes, made: Contraction, core: Core) -> bool:
    """Whether it matters little that each thread reads the data of all planes.

    They are half of what is between, or each thread computes many planes of them.
    """
    planes, steps = _planes(found), points_of(made.reduce, 1)
    is_half = 2 * steps <= planes
    return core.threads == 1 or is_half or planes >= PLANES_TO_READ_FOR * core.threads


def _is_wide_float(made: Contraction) -> bool:
    """Whether a contraction is of floats of 32 bits or more, none of them converted."""
    dtype = made.stage.op.outputs[0].dtype
    alike = all(read.tensor.dtype == dtype for read in made.reads)
    return dtype.is_float and dtype.bytes >= 4 and alike


def _planes(found: Planes) -> int:
    return extent(found.group.sink.op.axis[found.row]) or 1


def _plane_bytes(found: Planes) -> int:
    """The bytes of what is between for one step along the planes."""
    elements = points_of(found.end.op.axis, 1)
    return elements // _planes(found) * found.end.op.outputs[0].dtype.bytes


def _register_tile(points: int, planes: int, core: Core) -> tuple[int, int]:
    """Return the points and the planes of a register tile of the contraction.

    A step of the reduction loads vectors of the operand that all planes share, from L2, and
    broadcasts weights from L1. 24 channels to 144 of 56 x 56 points: 48 x 8 and 32 x 12 take
    230 us, 64 x 6 300, 112 x 4 360.
    """
    tiles = [
        (wide, high)
        for wide, high in product(vector_tiles(points, core.lanes), unroll_tiles(planes, MOST_HIGH))
        if ceil_div(wide, core.lanes) * high <= core.tile_registers
    ]
    even = [tile for tile in tiles if planes % tile[1] == 0 and tile[1] >= LEAST_HIGH]

    def step_cycles(points: int, high: int) -> float:
        registers = ceil_div(points, core.lanes)
        return max(registers * high / 2, 4.0) + registers + high / 3 if points else 0.0

    def cycles(tile: tuple[int, int]) -> float:
        wide, high = tile
        whole, rest = divmod(points, wide)
        row = whole * step_cycles(wide, high) + step_cycles(rest, high)
        return ceil_div(planes, high) * row

    return min(even or tiles, key=cycles)


def _scheduled(found: Planes, variant: Variant, place: Place) -> Iterable[Stage]:
    rule = _Blocks(found, variant, place)
    rule.apply()
    return rule.done


class _Blocks(GroupRule):
    """The loops of the windows, and in those over blocks of planes the contraction."""

    most_vectors = WINDOW_VECTORS // 2

    def __init__(self, found: Planes, variant: Variant, place: Place) -> None:
        group = found.group.within(place.builder.schedule)
        super().__init__(place.builder, group, place.core, TAIL, streamed=False)
        self.found = found
        self.variant = variant
        self.place = place
        self.first = self.b.schedule.numbered[found.first.number]
        self.end = self.b.schedule.numbered[found.end.number]
        self.done: list[Stage] = [*self.members, self.sink]

    def points_beside(self, tile: Number, axis: Axis, choices: Sequence[int]) -> int:
        wide = tile if isinstance(tile, int) else tile.sample
        most = max(1, WINDOW_VECTORS // ceil_div(wide, self.lanes))
        fitting = [count for count in choices if count <= most]
        return min(fitting, key=lambda count: ceil_div(extent(axis) or 1, count) * (count + 1))

    def parallel(self, axes: list[Axis]) -> Axis | None:
        """Share blocks of planes among the threads; `axes` are those that count the planes."""
        row = self.sink.op.axis[self.found.row]
        if row not in axes:
            raise ScheduleError(f"expected planes outside of the tile of windows, got {row.name}")
        place = axes.index(row)
        blocks, _ = self.b.split(self.sink, axes[place], self.planes(axes[place]), self.tail)
        return super().parallel([*axes[:place], blocks])

    def planes(self, axis: Axis) -> Number:
        """Open how many planes a block has: by default one register tile, or as many as fit in L1.

        Two tiles of larger planes would share what they read, and are slower: 64 channels of
        24 x 160 points take 268 us with two, 246 with one.
        """
        size = extent(axis) or 1
        points = extent(self.first.op.axis[-1]) or 1
        _, high = _register_tile(points, size, self.core)
        plane_bytes = _plane_bytes(self.found)

        def is_fitting(count: int) -> bool:
            return count == 1 or count * high * plane_bytes <= self.core.l1_bytes // 2

        def rounds(planes: int) -> tuple[int, int]:
            threads = self.core.threads
            return ceil_div(ceil_div(size, planes), threads) * threads * planes, -planes

        choices = [high * count for count in BLOCKS if high * count <= size] or [size]
        default = min((c for c in choices if is_fitting(c // high)), key=rounds)
        return self.b.decide(f"{axis.name}.planes", "block", choices, default)

    def member(self, stage: Stage, at: Axis | None) -> Stage:
        if stage not in (self.first, self.end):
            return super().member(stage, at)
        if stage is self.first and at is not None:
            b, excluded = self.b, self.place.excluded
            self.done += _Tiles(b, stage, self.variant, self.core, excluded, True).apply()
            b.compute_at(self.end, self.sink, at)
        return stage


@dataclass(eq=False)
class _Tiles(Producer):
    """The contraction, in register tiles of points and planes."""

    def choose_tile(self) -> None:
        b, data = self.b, self.found.data
        (row,), vector = self.variant.unroll, self.variant.vector
        points, planes = (extent(data[position]) or 1 for position in (vector, row))
        wide, high = _register_tile(points, planes, self.core)
        self.tiles = {
            vector: b.decide(
                f"{data[vector].name}.tile", "vector", vector_tiles(points, self.lanes), wide
            ),
            row: b.decide(
                f"{data[row].name}.tile", "unroll", unroll_tiles(planes, MOST_HIGH), high
            ),
        }
        b.limit(
            [(self.tiles[vector], self.lanes), (self.tiles[row], 1)],
            self.core.tile_registers,
            least=4,
        )
