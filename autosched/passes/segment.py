"""Segment: a loop over taps is parted where the points of a tile that have a tap change.

At the upper end of an image all rows of a tile but the first have all taps:

    for r in 0..3:                                  for r in 0..1:
        unrolled y in 0..4:                             unrolled y in 0..4:
            if 1 <= y + r:                    ->            if 1 <= y + 0: ...
                C[y] += A[y + r - 1] * W[r]         for r in 1..3:
                                                        unrolled y in 0..4:
                                                            if 1 <= y + 1: ...

Each part has the condition of its first step, which decides it for every point. The sums keep their
order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.analysis.linear import index
from autosched.ir.build import and_
from autosched.ir.expr import Expr, Var
from autosched.ir.rewrite import StmtMutator, substitute
from autosched.ir.stmt import For, Function, If, LoopKind, Stmt, Store, block
from autosched.ir.traverse import child_stmts, free_vars, iter_stmts
from autosched.target.target import Target

Points = Mapping[Expr, range]
"""The variables of loops that are written out, with their values."""

Form = tuple[int, list[int]]
"""A factor of a loop's variable, and what points add to it; it holds where a sum is 0 or more."""

MOST_TAPS = 16
"""Iterations of a loop up to which it is parted."""
MOST_PARTS = 4
"""Parts that a loop may have: each is code of its own."""


def segment(function: Function, target: Target) -> Function:
    """Part loops over taps where conditions of points that are written out change."""
    return function.with_body(_Segment().stmt(function.body))


class _Segment(StmtMutator):
    def visit_for(self, stmt: For) -> Stmt:
        loop = stmt.with_body(self.stmt(stmt.body))
        steps = loop.values()
        if steps is None or loop.kind is not LoopKind.SERIAL or len(steps) > MOST_TAPS:
            return loop
        if any(type(each) is Store and _moves(each, loop.var) for each in iter_stmts(loop)):
            return loop
        forms = list(_forms(loop.body, loop.var, {}))
        parts = [list(p) for _, p in groupby(steps, lambda n: [_points(f, n) for f in forms])]
        if not 1 < len(parts) <= MOST_PARTS:
            return loop
        return block(*(_part(loop, part[0], len(part)) for part in parts))


def _part(loop: For, first: int, steps: int) -> For:
    body = _Decided(loop.var, first).stmt(loop.body)
    return For(loop.var, index(first), index(steps), loop.kind, body, loop.pragmas)


@dataclass
class _Decided(StmtMutator):
    """Gives conditions of points the value of `var` in the first step: the others decide alike."""

    var: Var
    first: int
    points: Points = field(default_factory=dict)

    def visit_for(self, stmt: For) -> Stmt:
        around, self.points = self.points, _inside(stmt, self.points)
        loop = super().visit_for(stmt)
        self.points = around
        return loop

    def visit_if(self, stmt: If) -> Stmt:
        step = {self.var: index(self.first)}
        decided = [
            substitute(part, step) if _of_points(part, self.var, self.points) else part
            for part in conjuncts(stmt.condition)
        ]
        return super().visit_if(If(and_(*decided), stmt.then, stmt.otherwise))


def _moves(store: Store, var: Var) -> bool:
    return any(var in free_vars(each) for each in store.indices)


def _forms(stmt: Stmt, var: Var, points: Points) -> Iterator[Form]:
    """Yield the conditions of points that loops in `stmt` over `points` write out."""
    if type(stmt) is For:
        points = _inside(stmt, points)
    elif type(stmt) is If:
        for part in conjuncts(stmt.condition):
            yield from _of_points(part, var, points)
    for child in child_stmts(stmt):
        yield from _forms(child, var, points)


def _inside(loop: For, points: Points) -> Points:
    """Return the points in a loop: it adds its own if it is written out."""
    steps = loop.values() if loop.kind.is_written_out else None
    return points if steps is None else {**points, loop.var: steps}


def _of_points(condition: Expr, var: Var, points: Points) -> list[Form]:
    """Return the forms of a condition on points and `var`; none for others."""
    found = []
    for form in nonnegative_forms(condition) or ():
        rest = form.without(var)
        if not points or var not in form.terms or not rest.terms.keys() <= points.keys():
            return []
        sums = {rest.const}
        for atom, factor in rest.terms.items():
            sums = {sum_ + factor * at for sum_ in sums for at in points[atom]}
        found.append((form.terms[var], list(sums)))
    return found


def _points(form: Form, step: int) -> int:
    """Return how many of the values that points add satisfy a condition."""
    factor, sums = form
    return sum(factor * step + each >= 0 for each in sums)
