"""Simplifies expressions to a canonical form, under facts about their variables.

Index expressions are written as linear forms: the terms in order of first appearance, positive
ones first, the constant last. Arithmetic of floats is never changed; indices and conditions
inside it are simplified.
"""

from __future__ import annotations

import math
from typing import TypeGuard

from autosched.analysis.affine import affine_handlers, has_data, node_atom
from autosched.analysis.bounds import Bounds
from autosched.analysis.divmod import floordiv, floormod
from autosched.analysis.handlers import MOST_NESTED, Handlers, arithmetic_operands, remembered
from autosched.analysis.linear import Linear, Terms, nonzero, of_atom
from autosched.analysis.recombine import extremum, recombine
from autosched.analysis.vectors import LANEWISE, as_scalar, from_condition, from_linear, know_lane
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import BOOL, INDEX
from autosched.ir.expr import Broadcast, Const, Expr
from autosched.ir.rewrite import rebuild
from autosched.ir.structure import equal
from autosched.ir.traverse import Steps, children, postorder, recurse, walk


def simplify(expr: Expr, bounds: Bounds | None = None) -> Expr:
    """Simplify `expr`; return the same node if there is nothing to do.

    The values are equal for all variables within `bounds`. Simplifying again changes nothing.
    """
    if isinstance(expr, _LEAVES):
        return expr
    if bounds is None:
        bounds = Bounds()
    known = bounds.results.get(expr)
    if known is None:
        if expr.dtype is INDEX:
            known = _index(expr, bounds)
        elif expr.dtype is BOOL:
            known = conditions.condition(expr, bounds)
        elif values.is_value(expr):
            known = values.simplify_value(expr, bounds)
        elif type(expr) in LANEWISE and expr.dtype.lanes > 1:
            bounds.depth += 1
            if bounds.depth % MOST_NESTED == 0:
                _simplify_nested(expr, bounds)
            known = _vector(expr, bounds)
            bounds.depth -= 1
        else:
            known = simplify_operands(expr, bounds)
        bounds.results[expr] = bounds.results[known] = known
    return known


def linear(expr: Expr, bounds: Bounds) -> Linear:
    """Return the simplified linear form of a scalar index expression."""
    return _combined(_linear(expr, bounds), bounds)


def interval(expr: Expr, bounds: Bounds) -> tuple[int | None, int | None]:
    """Return the least and greatest value of a scalar index expression; None if unbounded.

    Never too narrow; exact for sums of variables that have constant, independent ranges.
    """
    form = linear(expr, bounds)
    if bounds.may_wrap(form):
        return None, None
    low, high = bounds.span(form)
    return None if math.isinf(low) else int(low), None if math.isinf(high) else int(high)


def prove(condition: Expr, bounds: Bounds) -> bool | None:
    """Return True if `condition` always holds, False if it never does, None if unknown.

    A vector of conditions holds if every lane does.
    """
    result = simplify(condition, bounds)
    if type(result) is Broadcast:
        result = result.value
    return bool(result.value) if type(result) is Const else None


def difference(a: Expr, b: Expr, bounds: Bounds) -> Linear | None:
    """Return the simplified linear form of `a - b`; None if it does not decide their order.

    That is the case if either may leave 64 bits and wrap, and for a value from memory, which may
    be a different one when it is read again.
    """
    first, second = _linear(a, bounds), _linear(b, bounds)
    if not second.terms and not second.const:
        whole = first
    elif bounds.may_wrap(second) or has_data(second.terms):
        return None
    else:
        whole = first - second
    if bounds.may_wrap(first) or has_data(first.terms):
        return None
    return _combined(whole, bounds)


def _linear(expr: Expr, bounds: Bounds) -> Linear:
    terms: Terms = {}
    const = SIMPLIFY[type(expr)](expr, 1, terms, bounds)
    return nonzero(const, terms)


def _combined(result: Linear, bounds: Bounds) -> Linear:
    for atom in result.terms:
        if type(atom) in RECOMBINED and len(result.terms) + bool(result.const) > 1:
            return recombine(result, bounds)
    return result


def _index(expr: Expr, bounds: Bounds) -> Expr:
    new = linear(expr, bounds).to_expr()
    return expr if equal(new, expr) else new


def _vector(expr: Expr, bounds: Bounds) -> Expr:
    """Simplify a vector of indices or a mask, to a Broadcast or a Ramp where possible."""
    scalar = as_scalar(expr, bounds.scalars)
    if scalar is None:
        return simplify_operands(expr, bounds)
    lanes = expr.dtype.lanes
    know_lane(lanes, bounds)
    if scalar.dtype is INDEX:
        new = from_linear(linear(scalar, bounds), lanes)
    else:
        new = from_condition(simplify(scalar, bounds), lanes)
    if new is None:
        return simplify_operands(expr, bounds)
    return expr if equal(new, expr) else new


def _simplify_nested(expr: Expr, bounds: Bounds) -> None:
    """Simplify the operands of a deep vector expression, innermost first."""
    bounds.depth += 1
    for node in postorder((expr,), arithmetic_operands)[:-1]:
        simplify(node, bounds)
    bounds.depth -= 1


def simplify_operands(expr: Expr, bounds: Bounds) -> Expr:
    """Simplify the operands of a node; return it if none changed."""
    if type(expr) is e.Select and expr.condition.dtype is BOOL:
        return _select(expr, bounds)
    return rebuild(expr, tuple([simplify(operand, bounds) for operand in children(expr)]))


def _select(expr: e.Select, bounds: Bounds) -> Expr:
    result: Expr = recurse(_choice_steps, expr, bounds)
    return result


def _choice_steps(expr: Expr, bounds: Bounds) -> Steps:
    """Simplify choices that may nest deep in each other."""
    if type(expr) is not e.Select or expr.condition.dtype is not BOOL or expr in bounds.linears:
        return simplify(expr, bounds)
    new = yield from _chosen(expr, bounds)
    if expr.dtype is not INDEX:
        return new
    is_choice = type(new) is e.Select
    bounds.linears[expr] = of_atom(node_atom(new)) if is_choice else linear(new, bounds)
    return simplify(expr, bounds)


def _chosen(expr: e.Select, bounds: Bounds) -> Steps:
    condition = simplify(expr.condition, bounds)
    if type(condition) is e.Const:
        return (yield expr.then if condition.value else expr.otherwise, bounds)
    then = yield expr.then, bounds.where(condition)
    otherwise = yield expr.otherwise, bounds.where(build.not_(condition))
    if _is_again(then, otherwise):
        condition = simplify(build.and_(then.condition, condition), bounds)
        then = then.then
    return with_branches(expr, condition, then, otherwise)


def _is_again(then: Expr, otherwise: Expr) -> TypeGuard[e.Select]:
    """Tell whether `then` is another choice of `otherwise`, as where what is padded was padded.

    Its condition can be evaluated before the outer one if it neither reads nor divides by what the
    outer one may limit.
    """
    return (
        type(then) is e.Select
        and then.condition.dtype is BOOL
        and equal(then.otherwise, otherwise)
        and not any(map(_needs_limits, walk(then.condition)))
    )


def _needs_limits(expr: Expr) -> bool:
    if isinstance(expr, e.FloorDiv | e.FloorMod):
        return type(expr.b) is not Const
    return type(expr) is e.Load


def with_branches(expr: e.Select, condition: Expr, then: Expr, otherwise: Expr) -> Expr:
    """Return `expr` with other operands, or its branch if both are equal."""
    if equal(then, otherwise):
        return then
    if condition is expr.condition and then is expr.then and otherwise is expr.otherwise:
        return expr
    return e.Select(condition, then, otherwise, expr.dtype)


def _floordiv(expr: e.FloorDiv, bounds: Bounds) -> Linear:
    return floordiv(linear(expr.a, bounds), linear(expr.b, bounds), bounds)


def _floormod(expr: e.FloorMod, bounds: Bounds) -> Linear:
    return floormod(linear(expr.a, bounds), linear(expr.b, bounds), bounds)


def _extremum(expr: e.Binary, bounds: Bounds) -> Linear:
    return extremum(type(expr), linear(expr.a, bounds), linear(expr.b, bounds), bounds)


def _choice(expr: e.Select, bounds: Bounds) -> Linear:
    _select(expr, bounds)
    return bounds.linears[expr]


def _cast(expr: e.Cast, bounds: Bounds) -> Linear:
    new = simplify_operands(expr, bounds)
    if type(new) is e.Cast:
        inner = new.value
        if type(inner) is e.Cast and inner.value.dtype is INDEX and inner.dtype.is_integer:
            source = linear(inner.value, bounds)
            low, high = bounds.operand_span(source)
            if inner.dtype.min_value <= low and high <= inner.dtype.max_value:
                return source
        return of_atom(node_atom(new))
    return linear(new, bounds)


def _opaque(expr: Expr, bounds: Bounds) -> Linear:
    new = simplify_operands(expr, bounds)
    return of_atom(node_atom(new)) if type(new) is type(expr) else linear(new, bounds)


_LEAVES = (e.Const, e.Var)
RECOMBINED = frozenset((e.FloorDiv, e.FloorMod, e.Min, e.Max))

SIMPLIFY = Handlers(_opaque, arithmetic_operands)
affine_handlers(SIMPLIFY)
SIMPLIFY |= {
    kind: remembered(SIMPLIFY, make)
    for kind, make in (
        (e.FloorDiv, _floordiv), (e.FloorMod, _floormod), (e.Min, _extremum), (e.Max, _extremum),
        (e.Select, _choice), (e.Cast, _cast),
    )
}  # fmt: skip


from autosched.analysis import conditions, values  # noqa: E402  they hold index expressions
