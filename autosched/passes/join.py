"""Join: indices that count through several dimensions of a dense buffer become one.

    A[k, x // 7, x % 7]    ->    A[k, 0, x]        A: float32[64, 7, 7]

The address is the same, without a division, and neighbours along x are neighbours in memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.analysis.rows import joined
from autosched.ir.expr import Buffer, Expr, FloorMod, Load
from autosched.ir.rewrite import StmtMutator, map_expr
from autosched.ir.stmt import Function, Stmt, Store
from autosched.target.target import Target


def join(function: Function, target: Target) -> Function:
    """Join the indices of every load and store."""
    return function.with_body(_Join().stmt(function.body))


class _Join(StmtMutator):
    def expr(self, expr: Expr) -> Expr:
        return map_expr(expr, _load)

    def visit_store(self, stmt: Store) -> Stmt:
        new = super().visit_store(stmt)
        if type(new) is not Store or not _may_join(new.buffer, new.indices):
            return new
        return Store(new.buffer, joined(new.indices, new.buffer.shape), new.value, new.mask)


def _load(node: Expr) -> Expr:
    if type(node) is not Load or not _may_join(node.buffer, node.indices):
        return node
    return Load(node.buffer, joined(node.indices, node.buffer.shape), node.dtype, node.mask)


def _may_join(buffer: Buffer, indices: Sequence[Expr]) -> bool:
    return buffer.strides is None and any(type(index) is FloorMod for index in indices[1:])
