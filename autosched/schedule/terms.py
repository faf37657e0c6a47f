"""Finds sums of products inside of what a reduction sums, chosen by conditions on data axes.

    A[i, k, 0] * B[k, j, 0] - A[i, k, 1] * B[k, j, 1]   if c == 0
    A[i, k, 0] * B[k, j, 1] + A[i, k, 1] * B[k, j, 0]   otherwise

are two terms in two cases. The factors of a term are on two sides, told apart by their data axes:
here i and j. Terms of the cases are put in the order in which one side is the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autosched.analysis.inequalities import is_true
from autosched.ir.build import const, eq, mul, select
from autosched.ir.expr import Add, Expr, Mul, Select, Sub
from autosched.ir.structure import ExprKeys
from autosched.schedule.apart import axes_of
from autosched.te.axis import Axis
from autosched.te.bounds import reads_data
from autosched.te.combining import summed
from autosched.te.tensor import Operation

MOST_CASES, MOST_TERMS = 4, 8

WORD_BITS = 32
"""Sums of smaller numbers are rounded so much that their order counts."""


@dataclass(frozen=True)
class Term:
    """A product with its sign, and its factors on the two sides."""

    sign: int
    sides: tuple[Expr, Expr]


@dataclass(frozen=True)
class Terms:
    """The terms of each case, as many in all, and the conditions of all cases but the last."""

    conditions: tuple[Expr, ...]
    cases: tuple[tuple[Term, ...], ...]

    @property
    def count(self) -> int:
        """The terms of a case."""
        return len(self.cases[0])

    @property
    def decided(self) -> set[Axis]:
        """The axes that choose the case."""
        return {axis for condition in self.conditions for axis in axes_of(condition)}

    def factor(self, side: int, number: Expr) -> Expr:
        """Return the factor on a side of the term of a number; those of side 0 have the signs."""
        chosen = [_chosen(terms, side, number) for terms in self.cases]
        result = chosen.pop()
        keys = ExprKeys()
        for condition, value in zip(reversed(self.conditions), reversed(chosen), strict=True):
            same = keys.of(value) == keys.of(result)
            result = value if same else select(condition, value, result)
        return result


def terms_of(op: Operation) -> Terms | None:
    """Return the terms of what `op` sums at all points, if there are several that fit."""
    value = summed(op)
    if value is None or not _is_everywhere(op) or value.dtype.bits < WORD_BITS:
        return None
    conditions, values = _cases(value, set(op.reduce_axis))
    decided = {axis for condition in conditions for axis in axes_of(condition)}
    cases = [_terms(each) for each in values]
    counts = {len(terms) for terms in cases}
    if len(counts) > 1 or not 1 < max(counts) <= MOST_TERMS or len(cases) > MOST_CASES:
        return None
    data = [axis for axis in op.axis if axis not in decided]
    first = cases[0][0][1]
    sides = [_data_axes(factor, data) for factor in first] if len(first) == 2 else []
    if len(sides) < 2 or sides[0] <= sides[1] or sides[1] <= sides[0]:
        return None
    found = [[_on_sides(sign, factors, sides, data) for sign, factors in each] for each in cases]
    complete = [[term for term in terms if term is not None] for terms in found]
    if any(len(terms) < max(counts) for terms in complete):
        return None
    return Terms(tuple(conditions), tuple(map(tuple, _aligned(complete))))


def _is_everywhere(op: Operation) -> bool:
    return is_true(op.bodies[0].condition)  # type: ignore[attr-defined]


def _cases(value: Expr, summed: set[Axis]) -> tuple[list[Expr], list[Expr]]:
    """Take apart choices by conditions that data axes alone decide."""
    conditions: list[Expr] = []
    values: list[Expr] = []
    while type(value) is Select and _is_decided(value.condition, summed):
        conditions.append(value.condition)
        values.append(value.then)
        value = value.otherwise
    return conditions, [*values, value]


def _is_decided(condition: Expr, summed: set[Axis]) -> bool:
    return not reads_data(condition) and summed.isdisjoint(axes_of(condition))


def _terms(value: Expr) -> list[tuple[int, tuple[Expr, ...]]]:
    """Return the signs and the factors of the products that a value adds up, or too many."""
    found: list[tuple[int, tuple[Expr, ...]]] = []
    left = [(1, value)]
    while left and len(found) <= MOST_TERMS:
        sign, node = left.pop()
        if type(node) is Add:
            left += [(sign, node.b), (sign, node.a)]
        elif type(node) is Sub:
            left += [(-sign, node.b), (sign, node.a)]
        else:
            found.append((sign, (node.a, node.b) if type(node) is Mul else (node,)))
    return found


def _data_axes(factor: Expr, data: Sequence[Axis]) -> set[Axis]:
    return axes_of(factor).intersection(data)


def _on_sides(
    sign: int, factors: Sequence[Expr], sides: Sequence[set[Axis]], data: Sequence[Axis]
) -> Term | None:
    for pair in (tuple(factors), tuple(reversed(factors))):
        if len(pair) == 2 and all(
            _data_axes(factor, data) == side for factor, side in zip(pair, sides, strict=True)
        ):
            return Term(sign, (pair[0], pair[1]))
    return None


def _aligned(cases: Sequence[Sequence[Term]]) -> Iterator[Sequence[Term]]:
    """Order the terms of all cases so that the factors of side 1 are the same, else of side 0."""
    keys = ExprKeys()

    def of(terms: Sequence[Term], side: int) -> list[int]:
        return [keys.of(term.sides[side]) for term in terms]

    for side in (1, 0):
        wanted = of(cases[0], side)
        if all(sorted(of(terms, side)) == sorted(wanted) for terms in cases):
            for terms in cases:
                here = dict(zip(of(terms, side), terms, strict=True))
                yield [here[key] for key in wanted] if len(here) == len(wanted) else terms
            return
    yield from cases


def _chosen(terms: Sequence[Term], side: int, number: Expr) -> Expr:
    """Return the factor on a side of the term of a number."""
    *values, result = [
        mul(term.sides[0], const(-1, term.sides[0].dtype))
        if side == 0 and term.sign < 0
        else term.sides[side]
        for term in terms
    ]
    for place, value in reversed([*enumerate(values)]):
        result = select(eq(number, place), value, result)
    return result
