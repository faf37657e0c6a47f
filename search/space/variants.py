"""The structural choices of a contraction's sketches, the best guess first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from autosched.schedule.state import AtRoot
from autosched.schedule.tail import TAILS
from autosched.search.space.dot import dot_axis
from autosched.search.space.structure import (
    Contraction,
    Read,
    bytes_read,
    condition_axes,
    extent,
    is_movement,
    points_of,
)
from autosched.search.space.tiles import LARGE, REDUCE_BLOCKS, Core, ceil_div
from autosched.target.dot_products import DotProduct
from autosched.te.axis import Axis
from autosched.te.tensor import Operation, PlaceholderOp

MOST_USES = 24
"""Uses of an element up to which packing takes longer than what it saves.

Measured were products of `m` rows and 1024 x 4096 float32 that come with the call, in us, packed
and as they lie: 1550 and 690 with 4 rows, 1560 and 820 with 8, 1780 and 1190 with 16, 2400 and 1900
with 24.
"""

SHALLOW = 128
"""Terms of sums up to which turning the results takes long beside computing them."""

WELL_FILLED, PARTLY_FILLED = 0.9, 0.8
"""Shares of lanes: full vectors but for the last of several, and vectors of which many are not."""


@dataclass(frozen=True)
class Variant:
    """The structural choices of one sketch, with axes and reads as positions in the contraction.

    `vector` is the axis that is vectorized, `unroll` are those unrolled, `packed` the reads that
    are copied, `tail` how tails run; with `vector_outside` the loop over tiles of the vector axis
    is outside of those over the unrolled axes.
    """

    vector: int
    unroll: tuple[int, ...]
    packed: frozenset[int]
    tail: str
    vector_outside: bool
    blocked: bool = False
    """The reduction runs in blocks; between them partial sums lie in the output."""
    near: bool = False
    """The operand along the vector axis is packed block by block, right before its use."""
    dot: bool = False
    """Instructions for dot products take several points of a reduce axis at once."""

    @property
    def name(self) -> str:
        unrolled = "".join(map(str, self.unroll))
        packed = "".join(map(str, sorted(self.packed))) or "none"
        order = "vu" if self.vector_outside else "uv"
        how = "_blocked" * self.blocked + "_near" * self.near + "_dot" * self.dot
        return f"v{self.vector}u{unrolled}_pack_{packed}_{self.tail}_{order}{how}"


def variants(
    found: Contraction, direct: bool, core: Core, dots: tuple[DotProduct, ...] = ()
) -> list[Variant]:
    """Return the variants worth trying for a core, the best guess first.

    With `direct` nothing follows the contraction, so that its buffer can hold partial sums.
    `dots` are the instructions for dot products to use.
    """
    dot = dot_axis(found, dots)
    result = _plain_variants(found, direct, core, dot is not None)
    deciding = condition_axes(found.stage)
    if deciding:
        result = [each for each in result if _skips(found, each)] or result
    if dot is None or dot.axis in deciding:
        return result
    with_dots = [
        replace(each, dot=True)
        for each in result
        if not each.blocked
        and each.packed.issuperset(_along(found, each.vector))
        and found.data[each.vector] not in deciding
    ]
    return [*with_dots, *result]


def _skips(found: Contraction, variant: Variant) -> bool:
    """Whether the terms that a condition excludes are left out for whole vectors of a tile.

    Up to a symbolic end vectors would be masked: a symbolic number of 64 filters, 3x3 on 28x28,
    takes 1.6 ms so, filled up 0.5.
    """
    axis = found.data[variant.vector]
    is_alike = extent(axis) is not None and axis not in condition_axes(found.stage)
    return is_alike and variant.tail == "partition" and not variant.blocked


def _along(found: Contraction, vector: int) -> set[int]:
    """The reads that the vector axis indexes."""
    axis = found.data[vector]
    return {number for number, read in enumerate(found.reads) if axis in read.axes}


def _plain_variants(found: Contraction, direct: bool, core: Core, has_dots: bool) -> list[Variant]:
    result: list[Variant] = []
    separate = [name for name, tail in TAILS.items() if tail.has_own_code]
    blocked = direct and (extent(longest_reduce(found)) or LARGE) >= 2 * min(REDUCE_BLOCKS)
    is_plain = all(read.packable for read in found.reads)
    for vector in vector_axes(found, core.lanes, has_dots):
        unroll = _unroll_axes(found, vector)
        if not unroll:
            continue
        for packed in _packings(found, vector, unroll, core):
            is_padded = (packed or is_plain) and not _is_open(found, vector, unroll)
            tails = separate if is_padded else separate[::-1]
            near: list[Variant] = []
            if packed_at_call(found, vector) in packed:
                for tail, outside in product(tails, (False, True)):
                    near.append(Variant(vector, unroll, packed, tail, outside, near=True))
                if blocked:
                    near.append(Variant(vector, unroll, packed, "partition", False, True, True))
            early = [
                Variant(vector, unroll, packed, *each) for each in product(tails, (True, False))
            ]
            is_early = _is_repeated(found, vector, unroll) or _is_made(found, vector)
            result += early + near if is_early else near + early
    return result


def _is_open(found: Contraction, vector: int, unroll: tuple[int, ...]) -> bool:
    """Whether rows alone have a symbolic size: tiles that are filled up would have few of them.

    A row of 512 numbers by 512 x 512 takes 34 us, in a tile that is filled up 47; 4 rows 43 and 47,
    7 rows 59 and 72, 100 rows 484 and 488.
    """
    is_known = extent(found.data[vector]) is not None
    return is_known and any(extent(found.data[axis]) is None for axis in unroll)


def _is_repeated(found: Contraction, vector: int, unroll: tuple[int, ...]) -> bool:
    """Whether loops outside of a block would pack again what it reads along the vector axis."""
    tiled = {vector, *unroll}
    along = found.reused[found.data[vector]]
    outside = [axis for n, axis in enumerate(found.data) if n not in tiled]
    return any(axis not in read.axes for axis in outside for read in along)


def _is_made(found: Contraction, vector: int) -> bool:
    """Whether what vectors run along, beside windows, is moved before: packing it does that too."""
    sources = [found.stage.schedule[read.tensor] for read in found.reused[found.data[vector]]]
    is_beside_windows = not all(read.packable for read in found.reads)
    return is_beside_windows and any(
        isinstance(each.attachment, AtRoot) and is_movement(each) for each in sources
    )


def longest_reduce(found: Contraction) -> Axis:
    """Return the reduce axis with the most points."""
    return max(found.reduce, key=lambda axis: extent(axis) or LARGE)


def vector_axes(found: Contraction, lanes: int, has_dots: bool = False) -> list[int]:
    """Return axes along which every operand is contiguous, packable or constant, best first.

    Axes that fill a vector are better than shorter ones. Where none of those does, others may whose
    operands are turned as they are packed, such as the channels of a gradient by 3x3 weights. Each
    element is used for a vector of points at least then: a product of 1000x64 and 64x8 takes 38 us
    along the rows, 10 along the columns. They are better too where instructions for dot products
    are used, `has_dots`, which take packed operands only: windows along rows of an image are none,
    and are slower where the rows have a symbolic size, or where sums are long and rows leave lanes
    empty: 64 channels of 28x28 by 3x3 with a dilation of 2 take 675 us along rows, 507 turned.
    There are none where all is contiguous along the batch, for which loops over rows are better.
    """
    scored, turned = [], []
    prefers_order = _is_better_in_order(found, lanes)
    for position, axis in enumerate(found.data):
        reads = found.reused.get(axis)
        if reads is None or not all(read.packable or read.stride_one(axis) for read in reads):
            continue
        constant = _is_along_constants(found, axis)
        last = axis is found.stage.op.axis[-1]
        short = (extent(axis) or LARGE) < lanes
        in_order = prefers_order and _is_in_order(found, axis, lanes)
        if constant or last or any(read.stride_one(axis) for read in reads):
            scored.append((short, not in_order, not constant, not last, position))
        elif (has_dots or not short) and _uses(found, reads) >= lanes:
            turned.append(position)
    best = [position for *_, position in sorted(scored)]
    is_short = all(short for short, *_ in scored) if scored else not _is_batch_in_order(found)
    is_slow = is_short or _is_slow_in_windows(found, best, lanes, has_dots)
    return [*turned, *best] if is_slow else best


def _is_slow_in_windows(
    found: Contraction, best: Sequence[int], lanes: int, has_dots: bool
) -> bool:
    """Whether all of some axes are those of windows, along which vectors are slow."""
    if not best or any(_is_packable(found, position) for position in best):
        return False
    is_symbolic = all(extent(found.data[position]) is None for position in best)
    return has_dots or is_symbolic or _fills_partly(found, best, lanes)


def _fills_partly(found: Contraction, best: Sequence[int], lanes: int) -> bool:
    """Whether sums over windows are long, and vectors along the first of some axes not well filled.

    Along the points of an image that is read as it lies, 49 of 256 channels, they take 66 us, along
    256 other channels 110.
    """
    if _depth(found) <= SHALLOW:
        return False
    axis = found.data[best[0]]
    is_plain = all(read.is_plain for read in found.reused[axis])
    return not is_plain and not _is_in_order(found, axis, lanes)


def _is_batch_in_order(found: Contraction) -> bool:
    """Whether all is contiguous along an axis along which no operand is reused."""
    last = found.stage.op.axis[-1]
    return last not in found.reused and all(read.stride_one(last) for read in found.reads)


def _is_packable(found: Contraction, position: int) -> bool:
    return all(read.packable for read in found.reused[found.data[position]])


def _uses(found: Contraction, reads: Iterable[Read]) -> int:
    """Return for how many points at least the elements of some operands are used."""
    return min(points_of(axis for axis in found.data if axis not in read.axes) for read in reads)


def _is_better_in_order(found: Contraction, lanes: int) -> bool:
    """Whether vectors along constants take long: to turn short sums, or for lanes that are empty.

    Convolutions of one point on 56x56 points, along the channels and along the points, in us: 16 to
    64 channels 86 and 63, 64 to 64 245 and 227, 128 to 256 1941 and 1997, 128 to 24 198 and 170.
    """
    filled = [
        filled_share(each, lanes) for each in found.reused if _is_along_constants(found, each)
    ]
    return _depth(found) <= SHALLOW or max(filled, default=0.0) < PARTLY_FILLED


def _is_in_order(found: Contraction, axis: Axis, lanes: int) -> bool:
    """Whether vectors along an axis are read and written as they lie, and nearly all are full.

    On 9x9 points, 5 vectors and a lane, they take three times as long as along the channels.
    """
    is_last = axis is found.stage.op.axis[-1]
    is_read = all(read.stride_one(axis) for read in found.reused[axis])
    return is_last and is_read and filled_share(axis, lanes) >= WELL_FILLED


def _is_along_constants(found: Contraction, axis: Axis) -> bool:
    return all(is_constant(read) for read in found.reused[axis])


def filled_share(axis: Axis, lanes: int) -> float:
    """Return the share of the lanes that the points of an axis fill."""
    size = extent(axis) or LARGE
    return size / (ceil_div(size, lanes) * lanes)


def _unroll_axes(found: Contraction, vector: int) -> tuple[int, ...]:
    """Return up to two axes along which operands of the vector axis are reused, inner first.

    An axis along which the others are contiguous comes before: its elements are in one line.
    """
    with_vector = set(found.reused[found.data[vector]])
    free = [
        position
        for position, axis in enumerate(found.data)
        if axis in found.reused
        and position != vector
        and with_vector.isdisjoint(found.reused[axis])
    ]
    inner = free[:-3:-1]
    return tuple(sorted(inner, key=lambda position: not _is_contiguous(found, position)))


def _is_contiguous(found: Contraction, position: int) -> bool:
    axis = found.data[position]
    return all(read.stride_one(axis) for read in found.reused[axis])


def _packings(
    found: Contraction, vector: int, unroll: tuple[int, ...], core: Core
) -> list[frozenset[int]]:
    """Return the sets of operands to copy: constant ones always, others if it can be faster."""
    choices: list[tuple[bool, ...]] = []
    for read in found.reads:
        along_vector = found.data[vector] in read.axes
        tiled = along_vector or any(found.data[u] in read.pure for u in unroll)
        if not read.packable or not tiled:
            choices.append((False,))
        elif is_constant(read) or (along_vector and not read.stride_one(found.data[vector])):
            choices.append((True,))
        else:
            pays = along_vector and _packing_pays(found, read, core)
            choices.append((True, False) if pays else (False, True))
    return [
        frozenset(number for number, packed in enumerate(chosen) if packed)
        for chosen in product(*choices)
    ]


def _packing_pays(found: Contraction, read: Read, core: Core) -> bool:
    """Whether an operand that vectors read as it lies is better copied first, as a guess."""
    uses = points_of(axis for axis in found.data if axis not in read.axes)
    if is_factor_of_constants(found, read) and _depth(found) <= SHALLOW:
        return False  # a tile reads few rows of it, which are fetched ahead
    return uses > MOST_USES and not stays_near(found, read, core)


def is_factor_of_constants(found: Contraction, read: Read) -> bool:
    """Whether constants alone are multiplied by an operand."""
    return all(is_constant(each) for each in found.reads if each is not read)


def _depth(found: Contraction) -> int:
    """The terms of a sum."""
    return points_of(found.reduce)


def stays_near(found: Contraction, read: Read, core: Core) -> bool:
    """Whether L2 has an operand beside what else is read, at one point of batch axes.

    Measured were products of float32 that come with the call, in us, packed and as they lie:
    24x256x256 25 and 17, 64x512x512 328 and 303, 512x512x512 1671 and 1592, 64x1024x1024 991 and
    1602. With two threads the third takes 1233 and 1275.
    """
    if any(extent(axis) is None for axis in (*found.data, *found.reduce)):
        return False
    batch = [axis for axis in found.data if axis not in found.reused]
    others = sum(bytes_read(each, batch) for each in found.reads if each is not read)
    room = core.l2_bytes if others <= core.l2_bytes // 4 else core.l2_bytes // 2
    return bytes_read(read, batch) <= room


def packed_at_call(found: Contraction, vector: int) -> int | None:
    """Return the operand along the vector axis that cannot be packed before a call, if any."""
    axis = found.data[vector]
    for number, read in enumerate(found.reads):
        if axis in read.axes and not is_constant(read):
            return number
    return None


def is_constant(read: Read) -> bool:
    """Whether an operand has the same values at every call, computed from constants or one."""
    todo: list[Operation] = [read.tensor.op]
    while todo:
        op = todo.pop()
        if isinstance(op, PlaceholderOp) and not op.constant:
            return False
        todo += [tensor.op for tensor in op.input_tensors]
    return True
