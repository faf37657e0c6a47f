"""Finds bounds of index expressions that are never negative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.analysis.bounds import MOST_ELEMENTS
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.ir import expr as e
from autosched.ir.stmt import For
from autosched.ir.traverse import postorder


def natural_limit(em: Emitter, expr: e.Expr) -> int | None:
    """Return an upper bound of an integer expression; None if it may be negative or wrap."""
    if not _bounding(expr):
        return _checked(em, expr, [])
    limits: dict[e.Expr, int | None] = {}
    for node in postorder((expr,), _bounding):
        limits[node] = _checked(em, node, [limits[part] for part in _bounding(node)])
    return limits[expr]


def _checked(em: Emitter, node: e.Expr, operands: list[int | None]) -> int | None:
    limit = _limit(em, node, operands)
    return limit if limit is None or limit <= node.dtype.max_value else None


def loop_limit(em: Emitter, node: For) -> int | None:
    """Return an upper bound of the variable of a loop; None if it may be negative."""
    first, count = natural_limit(em, node.start), natural_limit(em, node.extent)
    if first is None or count is None:
        return None if first is None else MOST_ELEMENTS
    return first + max(count - 1, 0)


def _bounding(expr: Any) -> tuple[e.Expr, ...]:
    """Return the operands whose bounds determine that of `expr`."""
    kind = type(expr)
    if kind in _LIMITS:
        return expr.a, expr.b
    if kind is e.Broadcast:
        return (expr.value,)
    return (expr.base,) if kind is e.Ramp else ()


def _limit(em: Emitter, expr: Any, operands: list[int | None]) -> int | None:
    kind = type(expr)
    if kind is e.Const:
        return int(expr.value) if expr.value >= 0 else None
    if isinstance(expr, e.Var):
        return em.naturals.get(expr)
    if kind is e.FloorMod:
        return int(expr.b.value) - 1 if type(expr.b) is e.Const and expr.b.value > 0 else None
    if kind is e.FloorDiv and type(expr.b) is e.Const and operands[0] is not None:
        return operands[0] // int(expr.b.value) if expr.b.value > 0 else None
    known = [limit for limit in operands if limit is not None]
    if not operands or len(known) < len(operands):
        return None
    if kind is e.Ramp:
        return known[0] + expr.stride * expr.dtype.lanes if expr.stride >= 0 else None
    return _LIMITS[kind](*known) if kind in _LIMITS else known[0]


def _product(a: int, b: int) -> int:
    return MOST_ELEMENTS if min(a, b) >= MOST_ELEMENTS else a * b


_LIMITS: dict[type, Callable[..., int]] = {
    e.Add: lambda a, b: a + b,
    e.Mul: _product,
    e.Min: min,
    e.FloorDiv: lambda a, b: a,
}
