"""Conditions as inequalities: linear forms that are not negative where a condition holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.analysis.affine import to_linear
from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr
from autosched.ir.traverse import chained

Difference = Callable[[Expr, Expr], Linear | None]


def conjuncts(condition: Expr) -> list[Expr]:
    """Return the conditions that `condition` is the conjunction of."""
    return chained(condition, e.And)


def negated(condition: Any) -> Expr:
    """Return the opposite; a Not around what has none, such as an order of floats."""
    kind = type(condition)
    if kind is e.Eq:
        return e.Ne(condition.a, condition.b, condition.dtype)
    if kind is e.Ne:
        return e.Eq(condition.a, condition.b, condition.dtype)
    if kind in (e.Lt, e.Le) and not condition.a.dtype.is_float:
        return (e.Le if kind is e.Lt else e.Lt)(condition.b, condition.a, condition.dtype)
    return build.not_(condition)


def difference(a: Expr, b: Expr) -> Linear | None:
    """Return the linear form of `a - b`; None where a side may leave 64 bits, so that it wraps."""
    first, second = to_linear(a), to_linear(b)
    return None if Bounds().may_wrap(first, second) else first - second


def nonnegative_forms(
    condition: Any, difference: Difference = difference
) -> tuple[Linear, ...] | None:
    """Return the linear forms that are all at least 0 exactly where a comparison holds.

    None for what is no such comparison: other conditions and operands that are not scalar
    indices, and where `difference` gives no linear form of `a - b`.
    """
    if type(condition) is e.Not:
        condition = negated(condition.a)
    kind = type(condition)
    if kind not in (e.Lt, e.Le, e.Eq) or condition.a.dtype is not INDEX:
        return None
    goal = difference(condition.b, condition.a)
    if goal is None:
        return None
    if kind is e.Eq:
        return goal, -goal
    return (goal - 1,) if kind is e.Lt else (goal,)
