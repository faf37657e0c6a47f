"""Takes sums apart into their parts, each with its factor."""

from __future__ import annotations

from typing import Any

from autosched.ir.expr import Add, Broadcast, Const, Expr, Mul, Sub
from autosched.ir.traverse import SMALL, postorder

Weighted = tuple[Expr, int]
"""An expression and its factor in a sum."""


def weighted(expr: Any, scale: int = 1) -> list[Weighted]:
    """Return the parts of `scale * expr` that are no sums themselves, in order.

    A part is listed at each occurrence among the first `SMALL` nodes, and once for all later ones.
    """
    found: list[Weighted] = []
    pending = [(expr, scale)]
    for _ in range(SMALL):
        expr, scale = pending.pop()
        kind = type(expr)
        if kind is Add:
            pending += ((expr.b, scale), (expr.a, scale))
        elif kind is Sub:
            pending += ((expr.b, -scale), (expr.a, scale))
        elif kind is not Mul and kind is not Broadcast:
            found.append((expr, scale))
        elif parts := summands(expr):
            ((part, factor),) = parts
            pending.append((part, scale * factor))
        else:
            found.append((expr, scale))
        if not pending:
            return found
    return found + _weighted_once(pending[::-1])


def summands(expr: Any) -> tuple[Weighted, ...]:
    """Return the operands of a sum with their factors; () if `expr` is no sum."""
    kind = type(expr)
    if kind is Add:
        return (expr.a, 1), (expr.b, 1)
    if kind is Sub:
        return (expr.a, 1), (expr.b, -1)
    if kind is Broadcast:
        return ((expr.value, 1),)
    if kind is Mul:
        for part, other in ((expr.a, expr.b), (expr.b, expr.a)):
            factor = other.value if type(other) is Broadcast else other
            if type(factor) is Const:
                return ((part, int(factor.value)),)
    return ()


def _weighted_once(sums: list[Weighted]) -> list[Weighted]:
    """Return the parts of several sums, visiting a sum that others contain once."""
    order = postorder(
        [expr for expr, _ in sums], lambda node: tuple([part for part, _ in summands(node)])
    )
    weights = dict.fromkeys(order, 0)
    for expr, scale in sums:
        weights[expr] += scale
    for node in reversed(order):
        for part, factor in summands(node):
            weights[part] += factor * weights[node]
    return [(node, weight) for node, weight in weights.items() if not summands(node)]
