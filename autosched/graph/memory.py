"""Memory planning: every intermediate array has a place in one arena, as long as it lives.

Arrays are placed by size, the largest first, each at the lowest offset at which it meets no array
that lives at the same time.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from autosched.runtime.arrays import ALIGNMENT_BYTES

Key = TypeVar("Key", bound=Hashable)


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
    """Where each array lies."""
    offsets: dict[Key, int] = {}
    order = sorted(arrays, key=lambda key: (-arrays[key].bytes, arrays[key].first))
    for key in order:
        own = arrays[key]
        taken = sorted(
            (offset, offset + aligned(arrays[other].bytes))
            for other, offset in offsets.items()
            if own.meets(arrays[other])
        )
        place = 0
        for start, end in taken:
            if place + own.bytes <= start:
                break
            place = max(place, end)
        offsets[key] = place
    total = max((offset + aligned(arrays[key].bytes) for key, offset in offsets.items()), default=0)
    return Arena(offsets, total)


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
