"""Random index expressions over a few variables of small ranges, and their values."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator

from hypothesis import strategies as st

from autosched.analysis.bounds import Bounds
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.build import const
from autosched.ir.convert import wrap
from autosched.ir.dtype import BOOL, INDEX
from autosched.ir.expr import Expr, Var

A, B, N = (Var(name, INDEX) for name in ("a", "b", "n"))
RANGES: dict[Var, tuple[int, int]] = {A: (0, 5), B: (-3, 4), N: (1, 3)}
Point = dict[Var, int]

_OPERATORS = {
    e.Add: operator.add,
    e.Sub: operator.sub,
    e.Mul: operator.mul,
    e.FloorDiv: operator.floordiv,
    e.FloorMod: operator.mod,
    e.Min: min,
    e.Max: max,
    e.Lt: operator.lt,
    e.Le: operator.le,
    e.Eq: operator.eq,
    e.Ne: operator.ne,
}


def value(expr: Expr, point: Point) -> int:
    """What `expr` is at `point`, in 64 bits; a branch that is not taken is not evaluated."""
    match expr:
        case Var():
            return point[expr]
        case e.Const():
            return expr.value
        case e.And():
            return value(expr.a, point) and value(expr.b, point)
        case e.Or():
            return value(expr.a, point) or value(expr.b, point)
        case e.Not():
            return not value(expr.a, point)
        case e.Select():
            return value(expr.then if value(expr.condition, point) else expr.otherwise, point)
    a, b = value(expr.a, point), value(expr.b, point)
    if type(expr) in (e.FloorDiv, e.FloorMod) and b == 0:
        return 0
    result = _OPERATORS[type(expr)](a, b)
    return result if expr.dtype is BOOL else wrap(result, INDEX)


def points(*variables: Var) -> Iterator[Point]:
    """Every point of the ranges of `variables`, all of them if none is named."""
    chosen = variables or tuple(RANGES)
    spans = [range(RANGES[var][0], RANGES[var][1] + 1) for var in chosen]
    for values in itertools.product(*spans):
        yield dict(zip(chosen, values, strict=True))


def numeric_bounds() -> Bounds:
    return Bounds(RANGES)


def symbolic_bounds() -> Bounds:
    """Only n has a range in numbers; `0 <= a < n` and `a <= b < a + n`."""
    bounds = Bounds({N: (1, None)})
    bounds.add_loop(A, const(0), N)
    bounds.add_loop(B, A, N)
    return bounds


def symbolic_points() -> Iterator[Point]:
    for n in range(1, 5):
        for i in range(n):
            for j in range(i, i + n):
                yield {A: i, B: j, N: n}


_BINARY = (build.add, build.sub, build.minimum, build.maximum)
_COMPARE = (build.lt, build.le, build.eq, build.ne)
_DIVISORS = (*(const(c) for c in (-3, -1, 1, 2, 3, 4, 6, 8)), N)
_FACTORS = (*(const(c) for c in range(-6, 7)), A, N)
LARGE = (2654435761, 6364136223846793005, 1 << 61, 1 << 62, (1 << 63) - 1, -(1 << 63), -(1 << 62))
"""Factors and addends with which numbers wrap."""


@st.composite
def indices(draw: st.DrawFn, depth: int = 3, large: bool = False) -> Expr:
    """An index expression of at most `depth` operators above a leaf; `large` ones wrap."""
    kind = draw(st.integers(0, 7)) if depth else 0
    if kind == 0:
        numbers = st.integers(-9, 9)
        if large:
            numbers = st.one_of(numbers, st.sampled_from(LARGE))
        return draw(st.one_of(st.sampled_from([A, B, N]), numbers.map(const)))
    a = draw(indices(depth - 1, large))
    if kind == 1:
        factors = (*_FACTORS, *map(const, LARGE)) if large else _FACTORS
        return build.mul(a, draw(st.sampled_from(factors)))
    if kind in (2, 3):
        divide = build.floordiv if kind == 2 else build.floormod
        divisors = (*_DIVISORS, *map(const, LARGE)) if large else _DIVISORS
        return divide(a, draw(st.sampled_from(divisors)))
    b = draw(indices(depth - 1, large))
    if kind == 4:
        return build.select(draw(conditions(1, large)), a, b)
    return draw(st.sampled_from(_BINARY))(a, b)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2, large: bool = False) -> Expr:
    """A condition on index expressions, of at most `depth` operators each."""
    kind = draw(st.integers(0, 5)) if depth else 0
    if kind < 3:
        compare = draw(st.sampled_from(_COMPARE))
        return compare(draw(indices(depth, large)), draw(indices(depth, large)))
    if kind == 3:
        return build.not_(draw(conditions(depth - 1, large)))
    join = build.and_ if kind == 4 else build.or_
    return join(draw(conditions(depth - 1, large)), draw(conditions(depth - 1, large)))
