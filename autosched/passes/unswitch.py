"""Unswitch: a condition that is the same for all unrolled iterations is evaluated once.

If the condition of a Select inside unrolled and vectorized loops does not depend on them, such as
whether a row of a convolution lies in the padding, the loops get a copy in which it holds:

    unrolled w: acc[w] += select(in_row and in_column(w), x[w], 0) * k
    ->
    if in_row: unrolled w: acc[w] += select(in_column(w), x[w], 0) * k
    else:      unrolled w: acc[w] += 0 * k

Rows of large tiles that choose an address are left (`autosched/passes/rows.py`).
"""

from __future__ import annotations

from autosched.analysis.inequalities import conjuncts
from autosched.ir.build import and_, const
from autosched.ir.expr import Expr, Load, Select
from autosched.ir.rewrite import StmtMutator, replace_nodes
from autosched.ir.stmt import For, Function, If, Stmt
from autosched.ir.structure import ExprKeys
from autosched.ir.traverse import Contains, iter_stmts, walk
from autosched.passes.rows import chosen_by_row
from autosched.target.target import Target


def unswitch(function: Function, target: Target) -> Function:
    """Copy unrolled loops for each outcome of their invariant conditions."""
    return function.with_body(_Unswitch(target).stmt(function.body))


class _Unswitch(StmtMutator):
    def __init__(self, target: Target) -> None:
        self.target = target

    def visit_for(self, stmt: For) -> Stmt:
        if not stmt.kind.is_written_out or not _all_written_out(stmt):
            return StmtMutator.visit_for(self, stmt)
        decided = _invariant_conditions(stmt, self.target)
        if not decided:
            return stmt
        inside = replace_nodes(
            stmt, {part: const(True) for parts in decided.values() for part in parts}
        )
        outside = replace_nodes(stmt, dict.fromkeys(_with_all(stmt, decided), const(False)))
        return If(and_(*(parts[0] for parts in decided.values())), inside, outside)


def _with_all(loop: For, decided: dict[int, list[Expr]]) -> list[Expr]:
    """Return the conditions of Selects that hold only if all those decided hold."""
    groups = [set(parts) for parts in decided.values()]
    return [
        node.condition
        for node in walk(loop)
        if type(node) is Select
        and not any(group.isdisjoint(conjuncts(node.condition)) for group in groups)
    ]


def _all_written_out(loop: For) -> bool:
    return all(s.kind.is_written_out for s in iter_stmts(loop) if isinstance(s, For))


def _invariant_conditions(loop: For, target: Target) -> dict[int, list[Expr]]:
    """Return the conditions of Selects that depend on no loop inside, grouped by content."""
    keys = ExprKeys()
    bound = {stmt.var for stmt in iter_stmts(loop) if isinstance(stmt, For)}
    varies = Contains(lambda node: type(node) is Load or node in bound)
    choices = [node for node in walk(loop) if type(node) is Select]
    scalar = [each.condition for each in choices if each.condition.dtype.lanes == 1]
    parts = [part for each in scalar for part in conjuncts(each) if not varies(part)]
    chosen = chosen_by_row(loop, target) if parts else ()
    found: dict[int, list[Expr]] = {}
    for part in parts:
        if part not in chosen:
            found.setdefault(keys.of(part), []).append(part)
    return found
