"""Scatter: a loop in which data names the only point that does anything becomes that point.

    for k:                                            for k:
        for i in 0..n:                                    if 0 <= I[k] and I[k] < n:
            vectorized j:                          ->         vectorized j:
                C[i, j] += select(I[k] == i,                      C[I[k], j] += A[k, j]
                                  A[k, j], 0)

The other points combine what changes nothing: a histogram is one pass over its data. A number that
is outside of the loop's range names no point.
"""

from __future__ import annotations

from collections.abc import Iterable

from autosched.analysis.inequalities import conjuncts
from autosched.ir.build import add, and_, cast, le, lt, select
from autosched.ir.dtype import INT64
from autosched.ir.effects import may_change
from autosched.ir.expr import Cast, Const, Eq, Expr, Select
from autosched.ir.rewrite import StmtMutator, replace_nodes, substitute
from autosched.ir.stmt import For, Function, If, LoopKind, Stmt, Store
from autosched.ir.traverse import free_vars, iter_stmts
from autosched.ir.update import is_neutral, update
from autosched.target.target import Target


def scatter(function: Function, target: Target) -> Function:
    """Compute the named points of loops alone."""
    return function.with_body(_Scatter().stmt(function.body))


class _Scatter(StmtMutator):
    def visit_for(self, stmt: For) -> Stmt:
        loop = super().visit_for(stmt)
        if not isinstance(loop, For) or loop.kind is not LoopKind.SERIAL:
            return loop
        found = _only_store(loop)
        term = None if found is None else _term(found[0])
        if found is None or term is None:
            return loop
        first, *rest = conjuncts(term.condition)
        point = _named(first, loop)
        if point is None or may_change(point, loop) or _depends(found[1], point):
            return loop
        value = select(and_(*rest), term.then, term.otherwise) if rest else term.then
        wide = cast(point, INT64)
        inside = and_(le(loop.start, wide), lt(wide, add(loop.start, loop.extent)))
        return If(inside, substitute(replace_nodes(loop.body, {term: value}), {loop.var: wide}))


def _only_store(loop: For) -> tuple[Store, list[Expr]] | None:
    """Return the store of a loop whose body is that, and the conditions around it."""
    body, conditions = loop.body, []
    while not isinstance(body, Store):
        if isinstance(body, For):
            body = body.body
        elif isinstance(body, If) and body.otherwise is None:
            conditions.append(body.condition)
            body = body.then
        else:
            return None
    return body, conditions


def _term(store: Store) -> Select | None:
    """Return the term of a reduction that changes something where its condition holds only."""
    found = update(store)
    term = None if found is None else found[1]
    if type(term) is not Select or not is_neutral(type(store.value), term.otherwise):
        return None
    return term


def _depends(conditions: Iterable[Expr], point: Expr) -> bool:
    """Whether conditions may be what allows to read the number that names a point."""
    used = free_vars(point)
    return any(not used.isdisjoint(free_vars(each)) for each in conditions)


def _named(condition: Expr, loop: For) -> Expr | None:
    """Return the integer that is compared with the variable of a loop, and is the same in it."""
    if type(condition) is not Eq:
        return None
    bound = {loop.var, *(each.var for each in iter_stmts(loop) if isinstance(each, For))}
    for point, other in ((condition.a, condition.b), (condition.b, condition.a)):
        is_index = other is loop.var or _is_converted(other, loop)
        if is_index and point.dtype.is_integer and bound.isdisjoint(free_vars(point)):
            return point
    return None


def _is_converted(index: Expr, loop: For) -> bool:
    """Whether an expression is the variable of a loop in a type that has all its values."""
    if type(index) is not Cast or index.value is not loop.var or not index.dtype.is_integer:
        return False
    if type(loop.start) is not Const or type(loop.extent) is not Const:
        return False
    last = loop.start.value + loop.extent.value - 1
    return index.dtype.min_value <= loop.start.value and last <= index.dtype.max_value
