"""Conditions as boxes: for which values of a nest's loops its statement runs.

A condition is a linear form that must not be negative. Once some loops
are fixed (`_enumerated`), every condition bounds one other loop, which leaves a box of loop
ranges. The part of a condition that depends on the loops outside is its key: capped where
more makes no difference, so that all visits away from a border share one key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from autosched.analysis.linear import Linear
from autosched.ir import expr as e
from autosched.vta.lowering.outline import Loop
from autosched.vta.lowering.visits import Array, Visits

Range = tuple[int, int]
"""First and last value of a loop."""

Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """The condition `value + sum of coefficient * loop >= 0`, where `value` is part of the key.

    A `value` of `cap` holds at every point, one below `-most` at none. `fills` says that zeros
    take the place of the points where it does not hold.
    """

    inner: tuple[tuple[int, int], ...]
    cap: int
    most: int
    fills: bool


@dataclass(slots=True)
class Box:
    """A range of each loop, of one value for an enumerated loop.

    `around` is the wider range with the zeros beside the values; `blank` says that all points
    are zeros.
    """

    ranges: list[Range]
    around: list[Range]
    blank: bool = False


class Boxes:
    """The boxes of a nest of `loops` under conditions, each with its `fills` (see `Bound`)."""

    def __init__(self, loops: list[Loop], conditions: list[tuple[Linear, bool]]):
        position: dict[e.Expr, int] = {var: number for number, (var, _) in enumerate(loops)}
        extents = tuple(extent for _, extent in loops)
        self.outer: list[Linear] = []
        bounds = []
        for linear, fills in conditions:
            inner = [(position[atom], k) for atom, k in linear.terms.items() if atom in position]
            outer = {atom: k for atom, k in linear.terms.items() if atom not in position}
            self.outer.append(Linear(linear.const, outer))
            bounds.append(_bound(inner, extents, fills))
        self.loops = LoopBounds(extents, tuple(bounds))

    def groups(self, visits: Visits, wanted: Array | None = None) -> list[tuple[Key, Array]]:
        """Return each key with the numbers of the visits that have it.

        Visits at which no condition can hold, or where `wanted` is 0, are left out.
        """
        busy = np.ones(visits.order.shape, bool) if wanted is None else wanted != 0
        columns = []
        for outer, bound in zip(self.outer, self.loops.bounds, strict=True):
            values = np.minimum(visits.values(outer), bound.cap)
            if not bound.fills:
                busy &= values + bound.most >= 0
            columns.append(values)
        (numbers,) = busy.nonzero()
        if not columns:
            return [(self.loops.full, numbers)] if len(numbers) else []
        table = np.stack(columns, axis=1)[numbers]
        keys, members = _unique_rows(table)
        ends = np.cumsum(np.bincount(members))
        found = np.split(numbers[np.argsort(members, kind="stable")], ends)
        return list(zip(map(tuple, keys.tolist()), found, strict=False))


@dataclass(frozen=True, slots=True)
class LoopBounds:
    """The extents of the loops of a nest, and the conditions that bound them."""

    extents: tuple[int, ...]
    bounds: tuple[Bound, ...]

    @property
    def full(self) -> Key:
        """The key of a visit in which every condition holds at every point."""
        return tuple(bound.cap for bound in self.bounds)

    def boxes(self, key: Key) -> Iterator[Box]:
        """Yield the boxes of a visit: one for each value of enumerated loops that has a point."""
        if key == self.full:
            ranges = [(0, extent - 1) for extent in self.extents]
            yield Box(ranges, ranges)
            return
        enumerated = self._enumerated()
        for values in product(*(range(self.extents[number]) for number in enumerated)):
            box = self._box(key, dict(zip(enumerated, values, strict=True)))
            if box is not None:
                yield box

    def _box(self, key: Key, fixed: dict[int, int]) -> Box | None:
        ranges = [
            (fixed[number], fixed[number]) if number in fixed else (0, extent - 1)
            for number, extent in enumerate(self.extents)
        ]
        if not self._narrow(ranges, key, fixed, fills=False):
            return None
        around = list(ranges)
        valid = self._narrow(ranges, key, fixed, fills=True)
        return Box(ranges, around, blank=not valid)

    def _narrow(self, ranges: list[Range], key: Key, fixed: dict[int, int], *, fills: bool) -> bool:
        """Narrow `ranges` by the bounds with these `fills`; return whether a point is left."""
        for value, bound in zip(key, self.bounds, strict=True):
            if bound.fills is not fills:
                continue
            loose: tuple[int, int] | None = None
            for number, k in bound.inner:
                if number in fixed:
                    value += k * fixed[number]
                else:
                    loose = (number, k)
            if loose is None:
                if value < 0:
                    return False
                continue
            number, k = loose
            low, high = ranges[number]
            low, high = (max(low, -(value // k)), high) if k > 0 else (low, min(high, value // -k))
            ranges[number] = (low, high)
            if low > high:
                return False
        return True

    def _enumerated(self) -> list[int]:
        """Return the loops to fix, the shortest, so that a condition has at most one other loop."""
        fixed: set[int] = set()
        for bound in self.bounds:
            loose = sorted(
                (number for number, _ in bound.inner if number not in fixed),
                key=lambda number: self.extents[number],
            )
            fixed.update(loose[:-1])
        return sorted(fixed)


def _bound(inner: list[tuple[int, int]], extents: tuple[int, ...], fills: bool) -> Bound:
    spans = [k * (extents[number] - 1) for number, k in inner]
    least = sum(min(0, span) for span in spans)
    most = sum(max(0, span) for span in spans)
    return Bound(tuple(inner), -least, most, fills)


def _unique_rows(table: Array) -> tuple[Array, Array]:
    """Return the distinct rows, and for each row the number of its distinct row."""
    code = np.zeros(len(table), np.int64)
    for column in table.T:
        # Small numbers in place of the values keep the codes in 64 bits.
        _, places = np.unique(column, return_inverse=True)
        _, code = np.unique(code * (len(table) + 1) + places, return_inverse=True)
    _, first = np.unique(code, return_index=True)
    return table[first], code
