"""What statements do to memory, and whether an expression keeps its value while they run."""

from __future__ import annotations

from functools import lru_cache

from autosched.ir.build import and_
from autosched.ir.expr import And, Buffer, Expr, Load
from autosched.ir.stmt import CallExternal, Stmt, Store
from autosched.ir.traverse import chained, iter_stmts, walk


def written_by(stmt: Stmt) -> tuple[Buffer, ...]:
    """Return the buffers that a statement itself writes, or gives to a function outside."""
    if isinstance(stmt, CallExternal):
        return stmt.buffers
    return (stmt.buffer,) if isinstance(stmt, Store) else ()


def may_change(expr: Expr, stmt: Stmt) -> bool:
    """Tell whether `expr` reads a buffer that `stmt` or a statement inside it writes."""
    read = _read_by(expr)
    return bool(read) and any(not read.isdisjoint(written_by(each)) for each in iter_stmts(stmt))


@lru_cache(maxsize=1 << 12)
def _read_by(expr: Expr) -> frozenset[Buffer]:
    return frozenset([node.buffer for node in walk(expr) if type(node) is Load])


def lasting(condition: Expr, stmt: Stmt) -> Expr:
    """Return the parts of a condition that hold until the end of `stmt` if they hold before it."""
    if not may_change(condition, stmt):
        return condition
    return and_(*(part for part in chained(condition, And) if not may_change(part, stmt)))
