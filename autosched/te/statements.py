"""Checks statements that users write: every access must lie inside of its buffer."""

from __future__ import annotations

from collections.abc import Iterator

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import prove
from autosched.errors import ExpressionError
from autosched.ir.build import add, and_, const, le, lt, not_
from autosched.ir.expr import And, Buffer, Expr, Load, Ramp, Select
from autosched.ir.stmt import For, If, Stmt, Store
from autosched.ir.traverse import chained, child_stmts, children, free_vars, own_exprs, walk


def check_accesses(name: str, stmt: Stmt) -> None:
    """Raise ExpressionError for an access that is not proved to lie inside of its buffer.

    Loops and conditions around an access are facts for its proof; indices from memory have none.
    """
    _Checker(name).stmt(stmt, Bounds())


class _Checker:
    def __init__(self, name: str):
        self._name = name

    def stmt(self, stmt: Stmt, bounds: Bounds) -> None:
        if isinstance(stmt, Store):
            self._access(stmt.buffer, stmt.indices, bounds)
        for expr in own_exprs(stmt):
            self._expr(expr, bounds)
        if isinstance(stmt, If):
            self.stmt(stmt.then, _where(bounds, stmt.condition))
            if stmt.otherwise is not None:
                self.stmt(stmt.otherwise, _where(bounds, not_(stmt.condition)))
            return
        if isinstance(stmt, For):
            bounds = bounds.copy()
            bounds.add_loop(stmt.var, stmt.start, stmt.extent)
        for child in child_stmts(stmt):
            self.stmt(child, bounds)

    def _expr(self, root: Expr, bounds: Bounds) -> None:
        todo, seen = [root], set[Expr]()
        while todo:
            expr = todo.pop()
            if expr in seen:
                continue
            seen.add(expr)
            if type(expr) is Select:
                self._expr(expr.condition, bounds)
                self._expr(expr.then, _where(bounds, expr.condition))
                self._expr(expr.otherwise, _where(bounds, not_(expr.condition)))
                continue
            if type(expr) is Load:
                self._access(expr.buffer, expr.indices, bounds)
            todo += reversed(children(expr))

    def _access(self, buffer: Buffer, indices: tuple[Expr, ...], bounds: Bounds) -> None:
        known = bounds.copy()
        for extent in buffer.shape:
            for size in free_vars(extent):
                known.add_range(size, 1, None)
        for index, extent in zip(indices, buffer.shape, strict=True):
            for point in _ends(index):
                inside = and_(le(const(0), point), lt(point, extent))
                if _reads(point) or prove(inside, known) is not True:
                    raise ExpressionError(
                        f"expected indices of {buffer.name} in {self._name} that are proved to lie "
                        f"in 0 to below {extent}, got {index}",
                        hint="a condition around the access is a fact for the proof",
                    )


def _where(bounds: Bounds, condition: Expr) -> Bounds:
    for part in chained(condition, And):
        if not _reads(part):
            bounds = bounds.where(part)
    return bounds


def _reads(expr: Expr) -> bool:
    """Whether a value depends on memory, which statements may change after it is known."""
    return any(type(node) is Load for node in walk(expr))


def _ends(index: Expr) -> Iterator[Expr]:
    if type(index) is not Ramp:
        yield index
    else:
        yield index.base
        yield add(index.base, index.stride * (index.dtype.lanes - 1))
