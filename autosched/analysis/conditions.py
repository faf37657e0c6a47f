"""Simplifies conditions: decides them if possible, and writes them readably.

A comparison of index expressions becomes `goal >= 0` for a linear form, whose
coefficients lose their common factor; negative terms are written on the left side:
`io*8 + ii < 127`, `i <= j`, `1 <= x`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autosched.analysis.affine import describe
from autosched.analysis.bounds import Bounds
from autosched.analysis.elimination import nonnegative
from autosched.analysis.inequalities import conjuncts, negated, nonnegative_forms
from autosched.analysis.linear import Linear, index, of_atom
from autosched.analysis.simplify import difference, simplify_operands
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import BOOL, INDEX
from autosched.ir.expr import Expr
from autosched.ir.structure import equal
from autosched.ir.traverse import Steps, chained, recurse, walk

TRUE = build.const(True)
FALSE = build.const(False)


def condition(expr: Expr, bounds: Bounds) -> Expr:
    """Simplify a scalar bool: TRUE or FALSE if decided, the same node if nothing changed."""
    if type(expr) in _COMPOUND:
        result: Expr = recurse(_steps, expr, bounds)
        return result
    handler = _COMPARISONS.get(type(expr))
    if handler is None:
        return simplify_operands(expr, bounds)
    new = handler(expr, bounds)
    return expr if equal(new, expr) else new


def _steps(expr: Expr, bounds: Bounds) -> Steps:
    combine = _COMPOUND.get(type(expr))
    if combine is None:
        return condition(expr, bounds)
    new = yield from combine(expr, bounds)
    return expr if equal(new, expr) else new


def facts_of(expr: Any, bounds: Bounds) -> list[Linear]:
    """Return linear forms that are not negative if the condition `expr` holds."""
    facts: list[Linear] = []
    for part in conjuncts(expr):
        known = bounds.forms.get(part)
        if known is not None:
            facts.append(known)
            continue
        forms = nonnegative_forms(part, partial(difference, bounds=bounds)) or ()
        facts += [_reduced(form, bounds) for form in forms]
    return facts


def _ordered(expr: Expr, bounds: Bounds) -> Expr:
    forms = nonnegative_forms(expr, partial(difference, bounds=bounds))
    if forms is None:
        return simplify_operands(expr, bounds)
    goal = _as_written(_reduced(forms[0], bounds))
    if nonnegative(goal, bounds):
        return TRUE
    if nonnegative(-goal - 1, bounds):
        return FALSE
    ordered = _order(goal, bounds)
    if ordered is None:
        return simplify_operands(expr, bounds)
    if equal(ordered, expr):
        ordered = expr
    bounds.forms[ordered] = goal
    return ordered


def _as_written(goal: Linear) -> Linear:
    """Put the terms in the order in which they are read from the comparison that `_order` writes.

    The order decides which proofs are found, and a simplified comparison must not give another.
    """
    falling = {atom: k for atom, k in goal.terms.items() if k < 0}
    rising = {atom: k for atom, k in goal.terms.items() if k > 0}
    return Linear(goal.const, rising | falling)


def _reduced(goal: Linear, bounds: Bounds) -> Linear:
    """Reduce `goal >= 0`: small coefficients, no lone division, no min or max with one choice."""
    divisor = goal.divisor()
    if divisor > 1:
        terms = {atom: k // divisor for atom, k in goal.terms.items()}
        goal = Linear(goal.const // divisor, terms)
    for atom, k in goal.terms.items():
        about = describe(atom)
        if about is None or not about.operands or bounds.may_wrap(*about.operands):
            continue
        a, b = about.operands
        new = None
        if about.kind is e.FloorDiv and len(goal.terms) == 1:
            new = _without_division(goal.const, k, a, b)
        elif about.kind is e.Min or about.kind is e.Max:
            rest = goal - of_atom(atom) * k
            both = (about.kind is e.Min) is (k > 0)
            new = _without_extremum(rest + a * k, rest + b * k, both, bounds)
        if new is not None:
            return _reduced(new, bounds)
    return goal


def _without_division(const: int, k: int, x: Linear, divisor: Linear) -> Linear | None:
    """Return a form that is >= 0 exactly if `k * (x // c) + const` is, for a k of 1 or -1."""
    c = divisor.const
    if divisor.terms or c <= 0:
        return None
    return x + const * c if k == 1 else -x + (const * c + c - 1)


def _without_extremum(a: Linear, b: Linear, both: bool, bounds: Bounds) -> Linear | None:
    """Return the form of `a >= 0 and b >= 0` (or `or`) that remains if the other is decided."""
    if both:
        if nonnegative(a, bounds):
            return b
        return a if nonnegative(b, bounds) else None
    if nonnegative(-a - 1, bounds):
        return b
    return a if nonnegative(-b - 1, bounds) else None


def _order(goal: Linear, bounds: Bounds) -> Expr | None:
    """Write `goal >= 0` as a comparison; None if a side of it might wrap."""
    left = {atom: -k for atom, k in goal.terms.items() if k < 0}
    right = {atom: k for atom, k in goal.terms.items() if k > 0}
    if bounds.may_wrap(Linear(0, left), Linear(abs(goal.const) + 1, right)):
        return None
    if not left:
        return e.Le(index(-goal.const), Linear(0, right).to_expr(), BOOL)
    if right and not goal.const:
        return e.Le(Linear(0, left).to_expr(), Linear(0, right).to_expr(), BOOL)
    return e.Lt(Linear(0, left).to_expr(), Linear(goal.const + 1, right).to_expr(), BOOL)


def _equality(expr: Any, bounds: Bounds) -> Expr:
    if expr.a.dtype is not INDEX:
        return simplify_operands(expr, bounds)
    goal = difference(expr.a, expr.b, bounds)
    if goal is None:
        return simplify_operands(expr, bounds)
    equal = type(expr) is e.Eq
    if not goal.terms:
        return TRUE if (goal.const == 0) is equal else FALSE
    divisor = goal.divisor()
    if goal.const % divisor or nonnegative(goal - 1, bounds) or nonnegative(-goal - 1, bounds):
        return FALSE if equal else TRUE
    low, high = bounds.span(goal)
    if low == high == 0:
        return TRUE if equal else FALSE
    sign = -1 if next(iter(goal.terms.values())) < 0 else 1
    terms = {atom: k // divisor * sign for atom, k in goal.terms.items()}
    left = {atom: k for atom, k in terms.items() if k > 0}
    right = {atom: -k for atom, k in terms.items() if k < 0}
    const = -goal.const // divisor * sign
    if bounds.may_wrap(Linear(0, left), Linear(const, right)):
        return simplify_operands(expr, bounds)
    return type(expr)(Linear(0, left).to_expr(), Linear(const, right).to_expr(), BOOL)


def _junction(expr: Expr, bounds: Bounds) -> Steps:
    """Simplify And or Or: each side under the facts that the sides before it give.

    All sides are evaluated, so the index of a load may not use the facts of other sides.
    """
    kind: type[e.Binary] = type(expr)  # type: ignore[assignment]
    absorbing, neutral = (FALSE, TRUE) if kind is e.And else (TRUE, FALSE)
    parts: list[Expr] = []
    limits: dict[Expr, Linear | None] = {}
    inside = bounds
    for part in chained(expr, kind):
        if parts:
            last = parts[-1]
            inside = inside.where(last if kind is e.And else negated(last))
        new = yield part, inside
        if type(new) is e.Const:
            if new.value is absorbing.value:
                return absorbing
            continue
        if parts and new is not part and _reads(part):
            new = yield part, bounds
        if any(equal(new, other) for other in parts):
            continue
        limits[new] = _limit(new, inside)
        parts = [other for other in parts if not _implies(limits[new], limits[other], kind)]
        parts.append(new)
    if not parts:
        return neutral
    result = parts[0]
    for part in parts[1:]:
        result = kind(result, part, BOOL)
    return result


def _reads(expr: Expr) -> bool:
    return any(type(node) is e.Load for node in walk(expr))


def _implies(new: Linear | None, old: Linear | None, kind: type[e.Binary]) -> bool:
    """Tell whether `new >= 0` implies `old >= 0`: both bound one sum, and `new` is tighter."""
    if new is None or old is None or new.terms != old.terms:
        return False
    return new.const <= old.const if kind is e.And else new.const >= old.const


def _limit(expr: Any, bounds: Bounds) -> Linear | None:
    """Return the form that is not negative exactly if an order of indices holds, else None."""
    if type(expr) not in (e.Lt, e.Le) or expr.a.dtype is not INDEX:
        return None
    facts = facts_of(expr, bounds)
    return facts[0] if facts else None


def _not(expr: e.Not, bounds: Bounds) -> Steps:
    inner = yield expr.a, bounds
    opposite = negated(inner)
    return opposite if type(opposite) is e.Not else (yield opposite, bounds)


_COMPARISONS: dict[type, Callable[[Any, Bounds], Expr]] = {
    e.Lt: _ordered, e.Le: _ordered, e.Eq: _equality, e.Ne: _equality,
}  # fmt: skip

_COMPOUND: dict[type, Callable[[Any, Bounds], Steps]] = {
    e.And: _junction, e.Or: _junction, e.Not: _not,
}  # fmt: skip
