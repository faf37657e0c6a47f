"""The rule for skinny contractions: large operands are read once, as they lie, and not packed.

Their rows are streamed where they are contiguous along a data axis; where they are along a reduce
axis, sums are kept in lanes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autosched.schedule.schedule import Stage
from autosched.search.space.canonical import reader_of
from autosched.search.space.in_lanes import InLanes
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.skinny import Skinny, skinny
from autosched.search.space.streamed import Streamed
from autosched.search.space.structure import epilogue, extent, points_of
from autosched.search.space.tiles import LARGE
from autosched.search.space.variants import filled_share, stays_near, vector_axes
from autosched.te.axis import Axis
from autosched.te.combining import combining_operator

LONG_VECTORS = 8
"""Vectors of an axis from which on rows are long enough to be streamed."""

LANE_VECTORS = 8
"""Vectors of a reduction from which on it is worth to sum up lanes at the end."""

MOSTLY_FILLED = 0.75
"""The share of lanes from which on vectors along the rows of a small operand are better.

To pack it takes little: 1000x300 by the transpose of n x 300, in us, packed and with a sum in each
lane: 10 rows 87 and 71, 14 rows 86 and 110, 17 rows 152 and 128, 24 rows 153 and 184.
"""

LONG_SUMS = 10
"""Terms of a sum for each row that uses a matrix, from which on to pack it takes longer.

With fewer, to sum up the lanes does. Rows by the transpose of a matrix, m x n x k, in us, packed
and with a sum in each lane: 8x512x128 14 and 13, 24x512x128 34 and 40, 16x512x256 49 and 45,
32x512x256 87 and 92, 48x512x512 268 and 254, 64x512x512 335 and 339, 64x768x3072 3390 and 3080.
"""

LEAST_TILE = 3
"""Points of a tile that use a vector, so that loads do not take longer than sums."""


class SkinnyContraction(Rule):
    """Proposes to read large operands without packing them."""

    name = "skinny"

    def proposals(self, place: Place) -> Sequence[Proposal]:
        found = _loops(place)
        return [] if found is None else [Proposal(found.name, _apply, is_certain=True)]


def _apply(place: Place) -> Iterable[Stage]:
    found = _loops(place)
    assert found is not None, "equal places have equal proposals"
    return found.apply()


def _loops(place: Place) -> Streamed | InLanes | None:
    """Return the loops for the stage of a place; None where another rule is better."""
    made = skinny(place.stage, place.core)
    if made is None:
        return None
    chain = epilogue(place.builder.schedule, place.stage, place.excluded)
    vector = _streams(place, made)
    reader = reader_of(chain)
    if any(stage.relations for stage in (place.stage, *chain) if stage is not reader):
        return None
    if reader is not None and _changed(place.stage, reader) - {vector}:
        return None
    if vector is not None:
        return Streamed(place, made, vector)
    lane = _lane(place, made)
    return None if lane is None else InLanes(place, made, lane)


def _changed(stage: Stage, reader: Stage) -> set[Axis]:
    """Return the axes of a sum that are several axes, or parts of one, of a stage after it."""
    loops = zip(reader.leaves, stage.op.axis, strict=True)
    return {axis for loop, axis in loops if loop not in reader.op.axis}


def _streams(place: Place, made: Skinny) -> Axis | None:
    """Return the data axis along which the rows of large operands are long, if there is one.

    Sums lie along it too: where they lie across, vectors of them would be stored number by number.
    """
    vector = made.contiguous(made.long)
    if vector is not made.found.data[-1] or any(vector in read.axes for read in made.small):
        return None
    near = all(stays_near(made.found, read, place.core) for read in made.large)
    if near and made.uses > LEAST_TILE:
        return None
    return vector if _is_long(vector, LONG_VECTORS * place.core.lanes) else None


def _lane(place: Place, made: Skinny) -> Axis | None:
    """Return the reduce axis along which large operands are contiguous and small ones can be."""
    lane = made.contiguous(made.found.reduce)
    if lane is None or combining_operator(place.stage.op) is None:
        return None
    longest = max(extent(axis) or LARGE for axis in made.short)
    if LEAST_TILE * made.uses // longest > place.core.tile_registers:
        return None
    is_tile = LEAST_TILE * made.uses <= place.core.tile_registers
    if not is_tile and made.uses * LONG_SUMS > points_of(made.found.reduce):
        return None
    if _fills_vectors(made, place.core.lanes):
        return None
    turns = all(
        read.stride_one(lane) or (read.packable and lane in read.pure) for read in made.small
    )
    return lane if turns and _is_long(lane, LANE_VECTORS * place.core.lanes) else None


def _fills_vectors(made: Skinny, lanes: int) -> bool:
    """Whether vectors best run along rows of the small operands, which fill them."""
    axes = (made.found.data[position] for position in vector_axes(made.found, lanes)[:1])
    return any(axis in made.short and filled_share(axis, lanes) >= MOSTLY_FILLED for axis in axes)


def _is_long(axis: Axis, points: int) -> bool:
    return (extent(axis) or LARGE) >= points
