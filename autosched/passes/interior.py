"""Interior: the steps of a loop in which a condition holds for all points run without it.

A condition on the variable of a long serial loop, on one outside and on points that are written
out, such as a mask of a triangle, fails for some of the points on the diagonal only:

    for k in 0..64:                                for k in 0..min(i0 + 1, 64):
        vectorized i in 0..8:               ->         vectorized i in 0..8: C[i0 + i] += A[k]
            C[i0 + i] += A[k] if k <= i0 + i       for k in min(i0 + 1, 64)..64:
                                                       vectorized i in 0..8: ...

Short loops, as over the taps of windows, are left to `segment`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce

from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.analysis.linear import Linear
from autosched.ir.build import add, const, floordiv, maximum, minimum, sub
from autosched.ir.effects import may_change
from autosched.ir.expr import Const, Expr, Load, Select, Var
from autosched.ir.rewrite import StmtMutator, replace_nodes
from autosched.ir.stmt import For, Function, If, LoopKind, Stmt, Store, block
from autosched.ir.traverse import free_vars, iter_stmts, own_exprs, walk
from autosched.passes.segment import MOST_TAPS
from autosched.target.target import Target


def interior(function: Function, target: Target) -> Function:
    """Part loops where conditions of all points that are written out begin or cease to hold."""
    return function.with_body(_Interior().stmt(function.body))


class _Interior(StmtMutator):
    def __init__(self) -> None:
        self.outside: set[Var] = set()
        """The variables of the loops around."""

    def visit_for(self, stmt: For) -> Stmt:
        points = _points(stmt)
        if points is None:
            self.outside.add(stmt.var)
            return super().visit_for(stmt)
        first, end = stmt.start, add(stmt.start, stmt.extent)
        lows, highs = [first], [end]
        held: dict[Expr, Expr] = {}
        for condition in _conditions(stmt.body):
            form = _least(condition, stmt.var, points)
            if form is None or self.outside.isdisjoint(free_vars(condition)):
                continue
            if condition in held or may_change(condition, stmt.body):
                continue
            step, rest = form.terms[stmt.var], form.without(stmt.var).to_expr()
            held[condition] = const(True)
            if step < 0:
                highs.append(add(floordiv(rest, const(-step)), const(1)))
            else:
                lows.append(sub(const(0), floordiv(rest, const(step))))
        if not held:
            return stmt
        low = minimum(reduce(maximum, lows), end) if len(lows) > 1 else first
        high = maximum(reduce(minimum, highs), low) if len(highs) > 1 else end
        full = replace_nodes(stmt.body, held)
        parts = ((first, low, stmt.body), (low, high, full), (high, end, stmt.body))
        return block(
            *(
                For(stmt.var, start, sub(last, start), stmt.kind, body, stmt.pragmas)
                for start, last, body in parts
                if start is not last
            )
        )


def _points(loop: For) -> dict[Var, range] | None:
    """Return the values of all loops in a long serial one over terms, if all are written out."""
    if loop.kind is not LoopKind.SERIAL:
        return None
    if type(loop.extent) is Const and loop.extent.value <= MOST_TAPS:
        return None
    points: dict[Var, range] = {}
    for inner in iter_stmts(loop.body):
        if type(inner) is Store and any(loop.var in free_vars(each) for each in inner.indices):
            return None
        if type(inner) is For:
            values = inner.values() if inner.kind.is_written_out else None
            if not values or points.setdefault(inner.var, values) != values:
                return None
    return points


def _conditions(body: Stmt) -> Iterator[Expr]:
    """Yield the conditions of statements and choices in `body`, with conjunctions split."""
    for stmt in iter_stmts(body):
        if type(stmt) is If:
            yield from conjuncts(stmt.condition)
        for root in own_exprs(stmt):
            for node in walk(root):
                if type(node) is Select:
                    yield from conjuncts(node.condition)


def _least(condition: Expr, var: Var, points: Mapping[Var, range]) -> Linear | None:
    """Return the form that is not negative where a condition holds for all points.

    Return None if it is no order of `var`, points and what is outside, or reads elements, which
    may be there only where another condition holds.
    """
    if any(type(node) is Load for node in walk(condition)):
        return None
    forms = nonnegative_forms(condition)
    used = points.keys() & free_vars(condition)
    if forms is None or len(forms) != 1 or var not in forms[0].terms or not used:
        return None
    least = forms[0]
    for point in used:
        step = least.terms.get(point, 0)
        least = least.without(point) + min(step * points[point][0], step * points[point][-1])
    inner = {var, *points}
    if any(atom is not var and not inner.isdisjoint(free_vars(atom)) for atom in least.terms):
        return None
    return least
