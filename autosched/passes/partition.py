"""Partition: full tiles run without conditions, the rest in a copy of their own.

At a loop that a split marked, every condition inside that depends on the loop and on
loops further in is replaced by one that holds for all the inner iterations at once:
`io*8 + ii < 127` for `ii in 0..8` by `io*8 + 7 < 127`. Where those hold, a copy of the
body without the conditions runs; elsewhere the body as it was. Where only one iteration
is left over, its number is put in, so that the loops of the rest get extents of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from autosched.analysis.interval import Bounds, interval
from autosched.analysis.linear import Linear
from autosched.analysis.simplify import simplify
from autosched.ir.build import and_, const, lt
from autosched.ir.expr import Const, Expr, Select, Var
from autosched.ir.stmt import For, Function, If, Stmt
from autosched.ir.structure import equal
from autosched.ir.visitor import StmtMutator, free_vars, iter_stmts, map_expr, map_exprs_in_stmt, walk
from autosched.passes.conditions import inequalities, without
from autosched.target.target import Target

Range = tuple[int, int]


def partition(function: Function, target: Target) -> Function:
    """See the module."""
    body = _Partition().stmt(function.body)
    return Function(
        function.name, function.params, function.outputs, function.sizes, body, function.pragmas
    )


class _Partition(StmtMutator):
    def __init__(self) -> None:
        self.bounds = Bounds()

    def visit_for(self, stmt: For) -> Stmt:
        self.bounds.add_loop(stmt.var, stmt.start, stmt.extent)
        pragmas = tuple(p for p in stmt.pragmas if p[0] != "partition")
        if len(pragmas) == len(stmt.pragmas):
            return StmtMutator.visit_for(self, stmt)
        body = self._split(stmt.var, stmt.body)
        return For(stmt.var, stmt.start, stmt.extent, stmt.kind, body, pragmas)

    def _split(self, var: Var, body: Stmt) -> Stmt:
        inner = _constant_ranges(body)
        hoisted: list[tuple[Linear, Expr]] = []
        proven: set[int] = set()
        for condition in _conditions(body):
            for inequality in inequalities(condition):
                outer = _without_inner(inequality.linear, inner)
                if outer is None or var not in free_vars(outer.to_expr()):
                    continue
                holds = simplify(lt(outer.to_expr(), const(0)), self.bounds)
                if type(holds) is Const:
                    continue
                hoisted.append((outer, holds))
                proven.add(id(inequality.expr))
        if not hoisted:
            return self.stmt(body)
        full = _replaced(body, lambda e: const(True) if id(e) in proven else e)
        rest = self._rest(hoisted, body)
        distinct = {str(holds): holds for _, holds in hoisted}
        return If(and_(*distinct.values()), self.stmt(full), self.stmt(rest))

    def _rest(self, hoisted: list[tuple[Linear, Expr]], body: Stmt) -> Stmt:
        """`body` where the conditions fail; a tile number that can only be one is put in."""
        if len({str(holds) for _, holds in hoisted}) != 1:
            return body
        linear = hoisted[0][0]
        if len(linear.terms) != 1:
            return body
        ((atom, coefficient),) = linear.terms.items()
        last = interval(atom, self.bounds)[1]
        if last is None or coefficient <= 0 or coefficient * (last - 1) + linear.const >= 0:
            return body
        return _replaced(body, lambda e: const(last) if _is(e, atom) else e)


def _replaced(body: Stmt, replace: Callable[[Expr], Expr]) -> Stmt:
    return map_exprs_in_stmt(body, lambda expr: map_expr(expr, replace))


def _is(node: Expr, atom: Expr) -> bool:
    return node is atom or (type(node) is type(atom) and type(atom) is not Var and equal(node, atom))


def _conditions(body: Stmt) -> list[Expr]:
    found = [stmt.condition for stmt in iter_stmts(body) if type(stmt) is If]
    found += [node.condition for node in walk(body) if type(node) is Select]
    return found


def _constant_ranges(body: Stmt) -> dict[Var, Range | None]:
    """The first and last value of every loop variable bound in `body`; None if not constant."""
    ranges: dict[Var, Range | None] = {}
    for stmt in iter_stmts(body):
        if type(stmt) is For:
            constant = type(stmt.start) is Const and type(stmt.extent) is Const
            ranges[stmt.var] = (
                (int(stmt.start.value), int(stmt.start.value + stmt.extent.value) - 1)
                if constant
                else None
            )
    return ranges


def _without_inner(linear: Linear, inner: dict[Var, Range | None]) -> Linear | None:
    """`linear` at the worst of the inner iterations; None where that is not a constant."""
    result = linear
    for atom, coefficient in linear.terms.items():
        if inner.keys().isdisjoint(free_vars(atom)):
            continue
        span = inner.get(atom) if type(atom) is Var else None
        if span is None:
            return None
        worst = coefficient * (span[1] if coefficient > 0 else span[0])
        result = without(result, atom) + worst
    return result
