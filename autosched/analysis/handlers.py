"""Makes linear forms of expressions by a handler for each type of node.

Sums are added up in a loop, operands of other operations are handled by recursion. If recursion
gets deep, all nodes below are handled first, innermost first, and remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.analysis.linear import Linear, Terms
from autosched.analysis.sums import summands, weighted
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr, Var
from autosched.ir.traverse import Operands, postorder

Handler = Callable[[Any, int, Terms, Any], int]
"""Adds `scale` times an expression to `terms` and returns its constant part; the last argument is
a Memo, or the Bounds, which have the same fields."""

Make = Callable[[Any, Any], Linear]
"""Makes the linear form of a node, given the Memo."""

MOST_NESTED = 20
"""Depth of recursion at which the nodes below are handled first."""

_ARITHMETIC = frozenset((e.Add, e.Sub, e.Mul, e.FloorDiv, e.FloorMod, e.Min, e.Max))


class Memo:
    """The linear forms made so far of nodes that are not affine, and the depth of recursion."""

    __slots__ = ("depth", "linears")

    def __init__(self) -> None:
        self.linears: dict[Expr, Linear] = {}
        self.depth = 0


class Handlers(dict[type, Handler]):
    """A handler for each type of index expression; `opaque` is for types without an entry.

    `nested` gives the operands that may be handled before the node that they belong to.
    """

    def __init__(self, opaque: Make, nested: Operands):
        super().__init__({e.Const: _constant})
        self.nested = nested
        self.opaque = remembered(self, opaque)

    def __missing__(self, kind: type) -> Handler:
        handler = _variable if issubclass(kind, Var) else self.opaque
        self[kind] = handler
        return handler


def sum_handler(table: Handlers, of_product: Handler) -> Handler:
    """Make the handler of sums; `of_product` handles products without a constant factor."""

    def handler(expr: Any, scale: int, terms: Terms, memo: Any) -> int:
        const = 0
        for node, weight in weighted(expr, scale):
            handle = of_product if type(node) is e.Mul else table[type(node)]
            const += handle(node, weight, terms, memo)
        return const

    return handler


def remembered(table: Handlers, make: Make) -> Handler:
    """Make a handler that calls `make(node, memo)` once for each node."""

    def handler(expr: Expr, scale: int, terms: Terms, memo: Any) -> int:
        result: Linear | None = memo.linears.get(expr)
        if result is None:
            memo.depth += 1
            try:
                if memo.depth % MOST_NESTED == 0:
                    _remember_operands(table, expr, memo)
                result = memo.linears[expr] = make(expr, memo)
            finally:
                memo.depth -= 1
        return result.add_to(terms, scale)

    return handler


def _remember_operands(table: Handlers, expr: Expr, memo: Memo) -> None:
    """Make the linear forms of all nodes below `expr`, innermost first."""
    memo.depth += 1
    for node in postorder((expr,), table.nested)[:-1]:
        if node.dtype is INDEX and not summands(node):
            table[type(node)](node, 1, {}, memo)
    memo.depth -= 1


def arithmetic_operands(expr: Any) -> tuple[Expr, ...]:
    """Return the operands of an arithmetic operation; () for other nodes."""
    return (expr.a, expr.b) if type(expr) in _ARITHMETIC else ()


def _variable(expr: Var, scale: int, terms: Terms, bounds: Any) -> int:
    terms[expr] = terms.get(expr, 0) + scale
    return 0


def _constant(expr: e.Const, scale: int, terms: Terms, bounds: Any) -> int:
    return scale * int(expr.value)
