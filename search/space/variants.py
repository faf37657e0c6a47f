"""The structural choices of a contraction's sketches, the best guess first."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from autosched.search.space.structure import Contraction, Read, extent
from autosched.search.space.tiles import LARGE, REDUCE_BLOCKS
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
    near: bool = False
    """The operand along the vector axis is packed block by block, next to its use."""

    @property
    def name(self) -> str:
        unrolled = "".join(map(str, self.unroll))
        packed = "".join(map(str, sorted(self.packed))) or "none"
        order = "vu" if self.vector_outside else "uv"
        how = "_blocked" * self.blocked + "_near" * self.near
        return f"v{self.vector}u{unrolled}_pack_{packed}_{self.tail}_{order}{how}"


def variants(found: Contraction, direct: bool) -> list[Variant]:
    """The sketches worth trying, the best guess first.

    With `direct`, the result is used as it is, so that its buffer can hold partial sums.
    """
    result: list[Variant] = []
    blocked = direct and (extent(longest_reduce(found)) or LARGE) >= 2 * min(REDUCE_BLOCKS)
    for vector in _vector_axes(found):
        unroll = _unroll_axes(found, vector)
        if not unroll:
            continue
        for packed in _packings(found, vector, unroll):
            tails = ("pad", "partition") if packed else ("partition", "pad")
            if passing_operand(found, vector) in packed:
                for tail, outside in product(tails, (False, True)):
                    result.append(Variant(vector, unroll, packed, tail, outside, near=True))
                if blocked:
                    result.append(Variant(vector, unroll, packed, "partition", False, True, True))
            for tail, outside in product(tails, (True, False)):
                result.append(Variant(vector, unroll, packed, tail, outside))
    return result


def longest_reduce(found: Contraction) -> Axis:
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
        constant = all(is_constant(read) for read in found.reused[axis])
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
        elif is_constant(read) or (along_vector and not read.stride_one(found.data[vector])):
            choices.append((True,))
        else:
            choices.append((True, False) if along_vector else (False, True))
    return [
        frozenset(number for number, packed in enumerate(chosen) if packed)
        for chosen in product(*choices)
    ]


def passing_operand(found: Contraction, vector: int) -> int | None:
    """The operand along the vector axis, if it has to be packed at every call."""
    axis = found.data[vector]
    for number, read in enumerate(found.reads):
        if axis in read.axes and not is_constant(read):
            return number
    return None


def is_constant(read: Read) -> bool:
    op = read.tensor.op
    return isinstance(op, PlaceholderOp) and op.constant
