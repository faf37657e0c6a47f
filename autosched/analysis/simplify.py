"""Expressions in canonical form, as simple as what is known of their variables allows.

Index expressions become linear forms again: the terms in order of first appearance, what
is subtracted after what is added, the constant last. Floats are never touched; what
stands inside them as an index or a condition is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.analysis.affine import (
    Handlers,
    affine_handlers,
    has_data,
    node_atom,
    operands,
)
from autosched.analysis.bounds import Bounds
from autosched.analysis.divmod import floordiv, floormod
from autosched.analysis.linear import Linear, Terms, nonzero, of_atom
from autosched.analysis.minmax import extremum
from autosched.analysis.recombine import recombine
from autosched.analysis.same import same
from autosched.analysis.vectors import LANEWISE, as_scalar, from_scalar, know_lane
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import BOOL, INDEX
from autosched.ir.expr import Expr
from autosched.ir.node_types import NODE_TYPES


def simplify(expr: Expr, bounds: Bounds | None = None) -> Expr:
    """`expr` simplified; the very same node where there is nothing to do.

    Equal in value wherever the variables are as `bounds` says. Simplifying again changes
    nothing.
    """
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
        elif expr.dtype.lanes > 1 and type(expr) in _VECTOR_KINDS:
            known = _vector(expr, bounds)
        else:
            known = simplify_operands(expr, bounds)
        bounds.results[expr] = known
    return known


def linear(expr: Expr, bounds: Bounds) -> Linear:
    """The linear form of a scalar index expression, simplified."""
    return _combined(_linear(expr, bounds), bounds)


def difference(a: Expr, b: Expr, bounds: Bounds) -> Linear | None:
    """The linear form of `a - b`, simplified; None where that says nothing of their order.

    So it is where either may leave 64 bits, as numbers wrap there, and with a value from
    memory, which may be another one when it is read again.
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
    if type(expr) is e.Const or isinstance(expr, e.Var):
        return expr
    new = linear(expr, bounds).to_expr()
    return expr if same(new, expr) else new


def _vector(expr: Expr, bounds: Bounds) -> Expr:
    """A vector of indices or a mask: a Broadcast or a Ramp where it can be one."""
    scalar = as_scalar(expr)
    if scalar is None:
        return simplify_operands(expr, bounds)
    lanes = expr.dtype.lanes
    know_lane(lanes, bounds)
    new = from_scalar(simplify(scalar, bounds), lanes)
    if new is None:
        return simplify_operands(expr, bounds)
    return expr if same(new, expr) else new


def simplify_operands(expr: Expr, bounds: Bounds) -> Expr:
    """A node of any dtype whose operands are simplified, itself unless one of them changed."""
    if type(expr) is e.Select and expr.condition.dtype is BOOL:
        return _select(expr, bounds)
    old = operands(expr)
    new = tuple([simplify(operand, bounds) for operand in old])
    for before, after in zip(old, new, strict=True):
        if before is not after:
            return NODE_TYPES[type(expr)].rebuild(expr, new)
    return expr


def _select(expr: e.Select, bounds: Bounds) -> Expr:
    condition = simplify(expr.condition, bounds)
    if type(condition) is e.Const:
        return simplify(expr.then if condition.value else expr.otherwise, bounds)
    inside, outside = bounds.copy(), bounds.copy()
    inside.add_fact(condition)
    outside.add_fact(build.not_(condition))
    then, otherwise = simplify(expr.then, inside), simplify(expr.otherwise, outside)
    if same(then, otherwise):
        return then
    if condition is expr.condition and then is expr.then and otherwise is expr.otherwise:
        return expr
    return e.Select(condition, then, otherwise, expr.dtype)


def _remembered(make: Callable[[Any, Bounds], Linear]) -> Callable[[Any, int, Terms, Any], int]:
    def handler(expr: Expr, scale: int, terms: Terms, bounds: Bounds) -> int:
        result = bounds.linears.get(expr)
        if result is None:
            result = bounds.linears[expr] = make(expr, bounds)
        return result.add_to(terms, scale)

    return handler


def _floordiv(expr: e.FloorDiv, bounds: Bounds) -> Linear:
    return floordiv(linear(expr.a, bounds), linear(expr.b, bounds), bounds)


def _floormod(expr: e.FloorMod, bounds: Bounds) -> Linear:
    return floormod(linear(expr.a, bounds), linear(expr.b, bounds), bounds)


def _extremum(expr: e.Binary, bounds: Bounds) -> Linear:
    return extremum(type(expr), linear(expr.a, bounds), linear(expr.b, bounds), bounds)


def _choice(expr: e.Select, bounds: Bounds) -> Linear:
    new = _select(expr, bounds)
    return of_atom(node_atom(new)) if type(new) is e.Select else linear(new, bounds)


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


_VECTOR_KINDS = frozenset((*LANEWISE, e.Ramp, e.Broadcast))
RECOMBINED = frozenset((e.FloorDiv, e.FloorMod, e.Min, e.Max))

SIMPLIFY = Handlers(_remembered(_opaque))
affine_handlers(SIMPLIFY)
SIMPLIFY.update(
    {
        e.FloorDiv: _remembered(_floordiv),
        e.FloorMod: _remembered(_floormod),
        e.Min: _remembered(_extremum),
        e.Max: _remembered(_extremum),
        e.Select: _remembered(_choice),
        e.Cast: _remembered(_cast),
    }
)

from autosched.analysis import conditions, values  # noqa: E402  they hold index expressions
