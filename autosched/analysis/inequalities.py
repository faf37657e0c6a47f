"""Makes inequalities of conditions: linear forms that are not negative if a condition holds."""

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


def is_true(condition: Expr) -> bool:
    """Whether a condition is known to hold."""
    return type(condition) is e.Const and bool(condition.value)


def conjuncts(condition: Expr) -> list[Expr]:
    """Return the operands of a conjunction; `condition` itself if it is none."""
    return chained(condition, e.And)


def negated(condition: Any) -> Expr:
    """Return the opposite: another comparison if there is one, else a Not, as of float orders."""
    kind = type(condition)
    if kind is e.Eq:
        return e.Ne(condition.a, condition.b, condition.dtype)
    if kind is e.Ne:
        return e.Eq(condition.a, condition.b, condition.dtype)
    if kind in (e.Lt, e.Le) and not condition.a.dtype.is_float:
        return (e.Le if kind is e.Lt else e.Lt)(condition.b, condition.a, condition.dtype)
    return build.not_(condition)


def difference(a: Expr, b: Expr) -> Linear | None:
    """Return the linear form of `a - b`; None if a side may leave 64 bits and wrap."""
    first, second = to_linear(a), to_linear(b)
    return None if Bounds().may_wrap(first, second) else first - second


def nonnegative_forms(
    condition: Any, difference: Difference = difference
) -> tuple[Linear, ...] | None:
    """Return the linear forms that are all at least 0 exactly if a comparison holds.

    Returns None for other conditions, for operands that are not scalar indices, and if
    `difference` has no linear form of `a - b`.
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
