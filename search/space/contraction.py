"""The rule for contractions: register tiles, cache blocks, packed operands.

The stage that uses the result is tiled; the reduction is computed tile by tile into
accumulators that stay in registers: one axis of the tile is vectorized, one or two are
unrolled, and the reduce loops run around them. Operands may be copied into the order in
which the tiles read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from autosched.schedule.stage import Stage
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.reduction import part
from autosched.search.space.structure import Contraction, Read, contraction, epilogue, extent
from autosched.search.space.tiles import (
    LARGE,
    REDUCE_BLOCKS,
    REGISTERS,
    block_counts,
    reduce_steps,
    register_tile,
    unroll_tiles,
    vector_tiles,
)
from autosched.te.axis import Axis
from autosched.te.operation import PlaceholderOp


@dataclass(frozen=True)
class Variant:
    """The structural choices of one sketch; axes and reads are positions in the contraction."""

    vector: int
    unroll: tuple[int, ...]
    packed: frozenset[int]
    tail: str
    vector_outside: bool
    blocked: bool = False
    """The reduction runs in blocks, and partial sums rest in the output between them."""

    @property
    def name(self) -> str:
        unrolled = "".join(map(str, self.unroll))
        packed = "".join(map(str, sorted(self.packed))) or "none"
        order = "vu" if self.vector_outside else "uv"
        blocked = "_blocked" if self.blocked else ""
        return f"v{self.vector}u{unrolled}_pack_{packed}_{self.tail}_{order}{blocked}"


def variants(found: Contraction, direct: bool) -> list[Variant]:
    """The sketches worth trying, the best guess first.

    With `direct`, the result is used as it is, so that its buffer can hold partial sums.
    """
    result: list[Variant] = []
    blocked = direct and (extent(_longest(found)) or LARGE) >= 2 * min(REDUCE_BLOCKS)
    for vector in _vector_axes(found):
        unroll = _unroll_axes(found, vector)
        if not unroll:
            continue
        for packed in _packings(found, vector, unroll):
            tails = ("pad", "partition") if packed else ("partition", "pad")
            for tail, outside in product(tails, (True, False)):
                result.append(Variant(vector, unroll, packed, tail, outside))
            if blocked:
                result.append(Variant(vector, unroll, packed, "partition", True, blocked=True))
    return result


def _longest(found: Contraction) -> Axis:
    """The reduce axis with the most points."""
    return max(found.reduce, key=lambda axis: extent(axis) or LARGE)


def _vector_axes(found: Contraction) -> list[int]:
    """Axes along which every operand is contiguous, packable or the same, best first."""
    scored = []
    for position, axis in enumerate(found.data):
        if axis not in found.reused or not all(
            read.packable or read.stride_one(axis) for read in found.reused[axis]
        ):
            continue
        constant = all(_is_constant(read) for read in found.reused[axis])
        last = axis is found.stage.op.axis[-1]
        if constant or last or any(read.stride_one(axis) for read in found.reused[axis]):
            scored.append((not constant, not last, position))
    return [position for _, _, position in sorted(scored)]


def _unroll_axes(found: Contraction, vector: int) -> tuple[int, ...]:
    """The axes, innermost first and two at most, that operands of the vector axis are reused on."""
    with_vector = set(found.reused[found.data[vector]])
    free = [
        position
        for position, axis in enumerate(found.data)
        if axis in found.reused
        and position != vector
        and with_vector.isdisjoint(found.reused[axis])
    ]
    return tuple(reversed(free[-2:]))


def _packings(found: Contraction, vector: int, unroll: tuple[int, ...]) -> list[frozenset[int]]:
    """Which operands are copied: constant ones always, others where it can pay."""
    choices: list[tuple[bool, ...]] = []
    for read in found.reads:
        along_vector = found.data[vector] in read.axes
        tiled = along_vector or any(found.data[u] in read.pure for u in unroll)
        if not read.packable or not tiled:
            choices.append((False,))
        elif _is_constant(read) or (along_vector and not read.stride_one(found.data[vector])):
            choices.append((True,))
        else:
            choices.append((True, False) if along_vector else (False, True))
    return [
        frozenset(number for number, packed in enumerate(chosen) if packed)
        for chosen in product(*choices)
    ]


def _is_constant(read: Read) -> bool:
    op = read.tensor.op
    return isinstance(op, PlaceholderOp) and op.constant


class ContractionRule:
    """Applies one variant to one contraction of a schedule under construction."""

    def __init__(self, builder: SketchBuilder, stage: Stage, variant: Variant, lanes: int):
        self.b = builder
        self.lanes = lanes
        self.variant = variant
        found = contraction(stage)
        assert found is not None
        self.found = found
        self.positions = [stage.op.axis.index(axis) for axis in found.data]
        self.stage = stage

    def apply(self) -> list[Stage]:
        """Schedule the contraction with its epilogue; answers the stages that are done."""
        b = self.b
        chain = epilogue(b.schedule, self.stage)
        for stage in chain[:-1]:
            b.compute_inline(stage)
        self.choose_tile()
        if self.variant.blocked:
            return self.apply_blocked()
        if chain:
            sink, local = chain[-1], self.stage
        else:
            sink, local = self.stage, b.cache_write(self.stage, "local")
        packs = [self.pack(local, number) for number in sorted(self.variant.packed)]
        inner = self.tile(sink)
        if chain:
            b.set_scope(local, "local")
        b.compute_at(local, sink, inner)
        self.accumulate(local)
        return [*chain, self.stage, sink, local, *packs]

    def apply_blocked(self) -> list[Stage]:
        """Tile the stage itself: blocks of its longest reduce axis run around the tiles."""
        b, stage, variant = self.b, self.stage, self.variant
        packs = {number: self.pack(stage, number) for number in sorted(variant.packed)}
        across, within, point = self.split_tiles(stage)
        longest = _longest(self.found)
        block = b.decide(f"{longest.name}.block", "block", REDUCE_BLOCKS, 256)
        outer, inner = b.split(stage, longest, block)
        steps = b.decide(f"{longest.name}.unroll", "unroll", reduce_steps(None), 4)
        loop, unrolled = b.split(stage, inner, steps)
        others = [axis for axis in stage.op.reduce_axis if axis is not longest]
        b.reorder(stage, [*across, outer, *within, *others, loop, unrolled, *point])
        b.parallel(stage, b.fuse(stage, across))
        for number, copy in packs.items():
            if self.found.data[variant.vector] not in self.found.reads[number].axes:
                b.compute_at(copy, stage, outer)
        for axis in (unrolled, *point[:-1]):
            b.unroll(stage, axis)
        b.vectorize(stage, point[-1])
        return [stage, *packs.values()]

    def choose_tile(self) -> None:
        """The decisions of the register tile: how many points of each axis."""
        b, variant, data = self.b, self.variant, self.found.data
        vector = data[variant.vector]
        first = data[variant.unroll[0]]
        wide, high = register_tile(extent(vector), extent(first), self.lanes)
        self.tiles: dict[int, Number] = {
            variant.vector: b.decide(
                f"{vector.name}.tile", "vector", vector_tiles(extent(vector), self.lanes), wide
            ),
            variant.unroll[0]: b.decide(
                f"{first.name}.tile", "unroll", unroll_tiles(extent(first)), high
            ),
        }
        for position in variant.unroll[1:]:
            axis = data[position]
            choices = unroll_tiles(extent(axis), 8)
            self.tiles[position] = b.decide(f"{axis.name}.tile", "unroll", choices, 1)
        units = [
            (tile, self.lanes if position == variant.vector else 1)
            for position, tile in self.tiles.items()
        ]
        b.limit(units, REGISTERS, least=4)

    def pack(self, local: Stage, number: int) -> Stage:
        """Copy an operand into panels as wide as the register tile."""
        read = self.found.reads[number]
        tiled = {
            read.pure[self.found.data[position]]: tile
            for position, tile in self.tiles.items()
            if self.found.data[position] in read.pure
        }
        batch = [d for axis, d in read.pure.items() if axis not in self.found.reduce]
        whole = [d for d in sorted(batch) if d not in tiled]
        summed = [read.pure[axis] for axis in self.found.reduce if axis in read.pure]
        rest = [d for d in range(len(read.indices)) if d not in {*tiled, *whole, *summed}]
        order = sorted(tiled, key=lambda d: d == self._vector_dimension(read))
        layout = [*whole, *rest, *([d, tiled[d]] for d in order), *summed, *order]
        stage = self.b.cache_read(read.tensor, "global", local, layout)
        last = len(read.indices) - 1
        self.copy(stage, None if order[-1] == last else layout.index(last), len(order))
        return stage

    def copy(self, stage: Stage, contiguous: int | None, tiled: int) -> None:
        """Schedule a packing copy so that it reads contiguous vectors.

        `contiguous` is the position of the axis along which the source is contiguous where
        that is not the innermost; the `tiled` innermost axes are the points of a tile.
        """
        b, axes = self.b, list(stage.op.axis)
        if contiguous is None:
            vector, loops = axes[-1], axes[:-1]
        else:
            outer, vector = b.split(stage, axes[contiguous], self.lanes, "guard")
            loops = [*axes[:contiguous], outer, *axes[contiguous + 1 :]]
        b.reorder(stage, [*loops, vector])
        wide = [axis for axis in loops[: len(axes) - tiled] if extent(axis) != 1]
        b.parallel(stage, wide[0] if wide else loops[0])
        b.vectorize(stage, vector)

    def _vector_dimension(self, read: Read) -> int | None:
        return read.pure.get(self.found.data[self.variant.vector])

    def tile(self, sink: Stage) -> Axis:
        """Tile the stage that uses the result; answers the innermost loop over tiles."""
        b = self.b
        across, within, point = self.split_tiles(sink)
        b.reorder(sink, [*across, *within, *point])
        b.parallel(sink, b.fuse(sink, across))
        for axis in point[:-1]:
            b.unroll(sink, axis)
        b.vectorize(sink, point[-1])
        return within[-1]

    def split_tiles(self, sink: Stage) -> tuple[list[Axis], list[Axis], list[Axis]]:
        """The loops over cache blocks, over the tiles of a block and over the points of a tile."""
        b, variant = self.b, self.variant
        outer: dict[int, Axis] = {}
        middle: dict[int, Axis] = {}
        inner: dict[int, Axis] = {}
        for position, tile in self.tiles.items():
            axis = sink.op.axis[self.positions[position]]
            tiles, inner[position] = b.split(sink, axis, tile, variant.tail)
            counts = block_counts(extent(axis), min(_values(b, tile)))
            number = b.decide(f"{axis.name}.block", "block", counts, min(8, counts[-1]))
            outer[position], middle[position] = b.split(sink, tiles, number)
        order = [variant.vector, *reversed(variant.unroll)]
        if not variant.vector_outside:
            order = [*order[1:], order[0]]
        tiled = {self.positions[position] for position in self.tiles}
        whole = [axis for d, axis in enumerate(sink.op.axis) if d not in tiled]
        point = [inner[p] for p in reversed(variant.unroll)] + [inner[variant.vector]]
        return [*whole, *(outer[p] for p in order)], [middle[p] for p in order], point

    def accumulate(self, local: Stage) -> None:
        """The reduce loops around the register tile."""
        b = self.b
        reduce = list(local.op.reduce_axis)
        last = [axis for axis in reduce if extent(axis) != 1][-1]
        loops = [axis for axis in reduce if axis is not last]
        choices = reduce_steps(extent(last))
        steps = b.decide(f"{last.name}.unroll", "unroll", choices, 4 if 4 in choices else 1)
        outer, unrolled = b.split(local, last, steps)
        loops += [outer, unrolled]
        places = {self.positions[p]: tile for p, tile in self.tiles.items()}
        whole = [axis for d, axis in enumerate(local.op.axis) if d not in places]
        tiled: list[Axis] = []
        for position in (*reversed(self.variant.unroll), self.variant.vector):
            place = self.positions[position]
            over, axis = part(b, local, local.op.axis[place], places[place])
            whole += over
            tiled.append(axis)
        b.reorder(local, [*loops, *whole, *tiled])
        for axis in (unrolled, *tiled[:-1]):
            b.unroll(local, axis)
        b.vectorize(local, tiled[-1])


def _values(builder: SketchBuilder, number: Number) -> Sequence[int]:
    return (number,) if isinstance(number, int) else builder.decisions[number.index].choices
