"""Segment: a loop over taps is parted where the points of a tile that have a tap change.

At the upper end of an image all rows of a tile but the first have all taps:

    for r in 0..3:                                  for r in 0..1:
        unrolled y in 0..4:                             unrolled y in 0..4:
            if 1 <= y + r:                    ->            if 1 <= y + r: ...
                C[y] += A[y + r - 1] * W[r]         for r in 1..3:
                                                        unrolled y in 0..4:
                                                            if 1 <= y + r: ...

Each part decides the condition of every point. The sums keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.analysis.linear import index
from autosched.ir.expr import Expr, Var
from autosched.ir.rewrite import StmtMutator
from autosched.ir.stmt import For, Function, If, LoopKind, Stmt, Store, block
from autosched.ir.traverse import child_stmts, free_vars, iter_stmts
from autosched.target.target import Target

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
        ranges = [(index(part[0]), index(len(part))) for part in parts]
        return block(*(For(loop.var, *each, loop.kind, loop.body, loop.pragmas) for each in ranges))


def _moves(store: Store, var: Var) -> bool:
    return any(var in free_vars(each) for each in store.indices)


def _forms(stmt: Stmt, var: Var, points: Mapping[Expr, range]) -> Iterator[tuple[int, list[int]]]:
    """Yield the conditions of points that loops in `stmt` over `points` write out.

    Each is a factor of `var`, and what the points add to it; it holds where the sum is at least 0.
    """
    if type(stmt) is For:
        steps = stmt.values() if stmt.kind.is_written_out else None
        if steps is not None:
            points = {**points, stmt.var: steps}
    elif type(stmt) is If and points:
        for part in conjuncts(stmt.condition):
            for form in nonnegative_forms(part) or ():
                rest = form.without(var)
                if var in form.terms and rest.terms.keys() <= points.keys():
                    sums = {rest.const}
                    for atom, factor in rest.terms.items():
                        sums = {sum_ + factor * at for sum_ in sums for at in points[atom]}
                    yield form.terms[var], list(sums)
    for child in child_stmts(stmt):
        yield from _forms(child, var, points)


def _points(form: tuple[int, list[int]], step: int) -> int:
    """Return how many of the values that points add satisfy a condition."""
    factor, sums = form
    return sum(factor * step + each >= 0 for each in sums)
