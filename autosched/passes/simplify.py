"""Simplify: every expression of a nest is simplified under the facts of its loops and conditions.

Loops that never run and decided conditions are removed, and a loop that runs once is replaced by
its body. Effects of stores on memory are not followed: nothing is known of a value that is loaded
from a buffer which the loop or the branch writes.
"""

from __future__ import annotations

from functools import lru_cache

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import simplify as simplify_expr
from autosched.ir.effects import lasting, may_change
from autosched.ir.expr import Broadcast, Buffer, Const, Expr, Not, Var
from autosched.ir.rewrite import StmtMutator, is_empty, substitute
from autosched.ir.stmt import For, Function, If, Stmt, Store, block
from autosched.target.target import Target


def simplify(function: Function, target: Target) -> Function:
    """Simplify the body of `function`; return the same function if nothing changes."""
    body = simplify_stmt(function.body, _facts(function.params, function.sizes))
    return function if body is function.body else function.with_body(body)


@lru_cache(maxsize=1)
def _facts(params: tuple[Buffer, ...], sizes: tuple[Var, ...]) -> Bounds:
    """Return the facts of a function, which keep what one pass finds out for the next ones."""
    return Bounds(dict.fromkeys(sizes, (0, None)))


def simplify_stmt(stmt: Stmt, bounds: Bounds | None = None) -> Stmt:
    """Simplify `stmt` under `bounds`; return the same node if nothing changes."""
    return _Simplifier(Bounds() if bounds is None else bounds).stmt(stmt)


class _Simplifier(StmtMutator):
    def __init__(self, bounds: Bounds):
        self.bounds = bounds

    def expr(self, expr: Expr) -> Expr:
        return simplify_expr(expr, self.bounds)

    def where(self, condition: Expr, stmt: Stmt) -> _Simplifier:
        return _Simplifier(self.bounds.where(lasting(condition, stmt)))

    def visit_for(self, stmt: For) -> Stmt:
        start, extent = self.expr(stmt.start), self.expr(stmt.extent)
        if type(extent) is Const:
            if extent.value <= 0:
                return block()
            if extent.value == 1 and not may_change(start, stmt.body):
                return self.stmt(substitute(stmt.body, {stmt.var: start}))
        inside = self.bounds
        if not (may_change(start, stmt.body) or may_change(extent, stmt.body)):
            inside = inside.inside(stmt.var, start, extent)
        body = _Simplifier(inside).stmt(stmt.body)
        if is_empty(body):
            return block()
        if start is stmt.start and extent is stmt.extent and body is stmt.body:
            return stmt
        return For(stmt.var, start, extent, stmt.kind, body, stmt.pragmas)

    def visit_if(self, stmt: If) -> Stmt:
        new = super().visit_if(stmt)
        if type(new) is not If or type(new.condition) is not Not:
            return new
        return If(self.expr(new.condition), new.then, new.otherwise)

    def visit_store(self, stmt: Store) -> Stmt:
        new = super().visit_store(stmt)
        if type(new) is Store and new.mask is not None:
            lanes = new.mask.value if type(new.mask) is Broadcast else new.mask
            if type(lanes) is Const:
                return Store(new.buffer, new.indices, new.value) if lanes.value else block()
        return new
