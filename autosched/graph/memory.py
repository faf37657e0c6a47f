"""Memory planning: every intermediate array has a place in one arena, as long as it lives.

Arrays are placed one after another, each at the lowest offset at which it meets no array that
lives at the same time. The order decides how well they fit.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from autosched.runtime.arrays import ALIGNMENT_BYTES

Key = TypeVar("Key", bound=Hashable)

ROUNDS = 64
"""Orders that are tried at most."""

GOOD = 1.01
"""A size of the arena, beside the lower bound, with which no other order is tried."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """An array of `bytes` that is written in step `first` and last read in step `last`."""

    bytes: int
    first: int
    last: int

    def meets(self, other: Lifetime) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Arena(Generic[Key]):
    """The offset of every array in an arena of `bytes`."""

    offsets: dict[Key, int]
    bytes: int


def arena(arrays: Mapping[Key, Lifetime]) -> Arena[Key]:
    """Where each array lies, in an arena as small as some orders of placing them make it.

    The largest come first. While the arena is larger than it must be, the array that ends last is
    placed before all others the next time.
    """
    order = sorted(arrays, key=lambda key: (-arrays[key].bytes, arrays[key].first))
    sizes = {key: aligned(arrays[key].bytes) for key in order}
    beside = {key: [o for o in order if arrays[o].meets(arrays[key])] for key in order}
    good = lower_bound(arrays) * GOOD
    best = found = _placed(sizes, beside, order)
    for _ in range(ROUNDS):
        if best.bytes <= good:
            break
        worst = max(order, key=lambda key: found.offsets[key] + sizes[key])
        order.remove(worst)
        order.insert(0, worst)
        found = _placed(sizes, beside, order)
        best = min(best, found, key=lambda made: made.bytes)
    return best


def _placed(
    sizes: Mapping[Key, int], beside: Mapping[Key, Sequence[Key]], order: Sequence[Key]
) -> Arena[Key]:
    """Each array at the lowest offset that is free, in this order; `beside` live with it."""
    offsets: dict[Key, int] = {}
    for key in order:
        placed = [other for other in beside[key] if other in offsets]
        place = 0
        for other in sorted(placed, key=offsets.__getitem__):
            if place + sizes[key] <= offsets[other]:
                break
            place = max(place, offsets[other] + sizes[other])
        offsets[key] = place
    return Arena(offsets, max((offsets[key] + sizes[key] for key in offsets), default=0))


def lower_bound(arrays: Mapping[Key, Lifetime]) -> int:
    """The most bytes that live at one time, which no plan can do without."""
    steps = {lifetime.first for lifetime in arrays.values()}
    return max(
        (
            sum(aligned(a.bytes) for a in arrays.values() if a.first <= step <= a.last)
            for step in steps
        ),
        default=0,
    )


def aligned(count: int) -> int:
    """The count, rounded up to whole lines."""
    return -(-count // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
