"""Conditions as boxes: for which values of a nest's loops its statement runs.

A condition is a linear form that must not be negative. Once the loops of `enumerated` are
fixed, every condition bounds one other loop, so what is left is a box of loop ranges.
What follows from the loops outside is computed at each visit and capped where more makes
no difference, so that all visits inside of a border share one key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from autosched.analysis.affine import to_linear
from autosched.analysis.linear import Linear
from autosched.ir import expr as e
from autosched.ir.expr import Var
from autosched.vta.lowering.forms import Env, evaluate
from autosched.vta.lowering.outline import Loop

Range = tuple[int, int]
"""First and last value of a loop."""

Key = tuple[int, ...]


def nonnegative(expr: Any) -> list[Linear] | None:
    """Linear forms that are all at least 0 just where `expr` holds; None if none say that."""
    kind = type(expr)
    if kind is e.And:
        a, b = nonnegative(expr.a), nonnegative(expr.b)
        return None if a is None or b is None else a + b
    if kind is e.Le:
        return [to_linear(expr.b) - to_linear(expr.a)]
    if kind is e.Lt:
        return [to_linear(expr.b) - to_linear(expr.a) - 1]
    if kind is e.Eq:
        difference = to_linear(expr.b) - to_linear(expr.a)
        return [difference, -difference]
    if kind is e.Not and type(expr.a) is e.Lt:
        return [to_linear(expr.a.a) - to_linear(expr.a.b)]
    if kind is e.Not and type(expr.a) is e.Le:
        return [to_linear(expr.a.a) - to_linear(expr.a.b) - 1]
    return None


@dataclass(slots=True)
class Bound:
    """`outer + sum of coefficient * loop >= 0`; `fills` where zero stands for what it bars."""

    outer: Linear
    inner: list[tuple[int, int]]
    cap: int
    most: int
    fills: bool


@dataclass(slots=True)
class Box:
    """The values of each loop, one for those enumerated.

    `around` is wider where zeros stand beside the values; `blank` says there are no values.
    """

    ranges: list[Range]
    around: list[Range]
    blank: bool = False


class Boxes:
    """The boxes of a nest of `loops` under conditions, each with whether it fills."""

    def __init__(self, loops: list[Loop], conditions: list[tuple[Linear, bool]]):
        self.loops = loops
        self.extents = [extent for _, extent in loops]
        position = {var: number for number, (var, _) in enumerate(loops)}
        self.bounds = [self._bound(linear, fills, position) for linear, fills in conditions]
        self.full: Key = tuple(bound.cap for bound in self.bounds)
        self.enumerated = self._enumerated()

    def key(self, env: Env) -> Key | None:
        """What a visit has in common with others; None where nothing is done in it."""
        if not self.bounds:
            return self.full
        values = []
        for bound in self.bounds:
            value = min(evaluate(bound.outer, env), bound.cap)
            if value + bound.most < 0 and not bound.fills:
                return None
            values.append(value)
        return tuple(values)

    def boxes(self, key: Key) -> Iterator[Box]:
        """The boxes of a visit, for each value of the enumerated loops that leaves any point."""
        if key == self.full:
            yield self.whole()
            return
        for values in product(*(range(self.extents[number]) for number in self.enumerated)):
            box = self._box(key, dict(zip(self.enumerated, values, strict=True)))
            if box is not None:
                yield box

    def whole(self) -> Box:
        """The box without conditions."""
        ranges = [(0, extent - 1) for extent in self.extents]
        return Box(ranges, ranges)

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
        """Narrow `ranges` by the bounds that fill, or by the others; whether any point is left."""
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

    def _bound(self, linear: Linear, fills: bool, position: dict[Var, int]) -> Bound:
        inner, outer = [], {}
        for atom, k in linear.terms.items():
            if atom in position:
                inner.append((position[atom], k))
            else:
                outer[atom] = k
        spans = [k * (self.extents[number] - 1) for number, k in inner]
        least = sum(min(0, span) for span in spans)
        most = sum(max(0, span) for span in spans)
        return Bound(Linear(linear.const, outer), inner, -least, most, fills)

    def _enumerated(self) -> list[int]:
        """Loops to fix so that no condition has two others: the shortest ones."""
        fixed: set[int] = set()
        for bound in self.bounds:
            loose = sorted(
                (number for number, _ in bound.inner if number not in fixed),
                key=lambda number: self.extents[number],
            )
            fixed.update(loose[:-1])
        return sorted(fixed)
