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

from autosched.analysis.equalities import equal_to
from autosched.analysis.inequalities import conjuncts
from autosched.ir.build import add, and_, cast, le, lt, select
from autosched.ir.dtype import INDEX, DType
from autosched.ir.effects import may_change
from autosched.ir.expr import Const, Expr, Select
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
        body = loop.body
        if isinstance(body, If) and body.otherwise is None:
            named = _named(body.condition, loop)
            if named is None:
                return loop
            point, rest = named
            return _at(point, loop, If(and_(*rest), body.then) if rest else body.then)
        found = _only_store(loop)
        term = None if found is None else _term(found[0])
        if found is None or term is None:
            return loop
        named = _named(term.condition, loop)
        if named is None or _depends(found[1], named[0]):
            return loop
        point, rest = named
        value = select(and_(*rest), term.then, term.otherwise) if rest else term.then
        return _at(point, loop, replace_nodes(body, {term: value}))


def _at(point: Expr, loop: For, body: Stmt) -> Stmt:
    """Return the body of a loop for the point that is named, if the loop has it."""
    wide = cast(point, INDEX)
    inside = and_(le(loop.start, wide), lt(wide, add(loop.start, loop.extent)))
    return If(inside, substitute(body, {loop.var: wide}))


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


def _named(condition: Expr, loop: For) -> tuple[Expr, list[Expr]] | None:
    """Return the integer that the variable of a loop equals, and the other conditions.

    The integer is the same in all of the loop.
    """
    bound = [each.var for each in iter_stmts(loop) if isinstance(each, For)]
    parts = conjuncts(condition)
    for part in parts:
        point = equal_to(part, loop.var)
        if point is None or may_change(point, loop) or not _has_all(point.dtype, loop):
            continue
        if free_vars(point).isdisjoint(bound):
            return point, [each for each in parts if each is not part]
    return None


def _has_all(dtype: DType, loop: For) -> bool:
    """Whether a type has all values of the variable of a loop, which is converted to it."""
    if dtype is loop.var.dtype:
        return True
    if type(loop.start) is not Const or type(loop.extent) is not Const:
        return False
    last = loop.start.value + loop.extent.value - 1
    return dtype.min_value <= loop.start.value and last <= dtype.max_value
