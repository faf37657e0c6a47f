"""Tighten: a condition on the variable of a loop becomes part of the loop's range.

`for i in 0..8: if i < n: body` becomes `for i in 0..min(8, n): body`, and conditions without the
variable move out of the loop. Unrolled and vectorized loops keep constant extents: only constant
bounds change their ranges, except for loops over taps, which others make serial. A condition on a
value that the loop writes stays where it is.
"""

from __future__ import annotations

from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.ir.build import add, and_, const, floordiv, maximum, minimum, sub
from autosched.ir.effects import may_change
from autosched.ir.expr import Const, Expr, Load, Var
from autosched.ir.pragma import Reloaded, find
from autosched.ir.rewrite import StmtMutator
from autosched.ir.stmt import For, Function, If, LoopKind, Stmt, Store
from autosched.ir.traverse import free_vars, iter_stmts, walk
from autosched.target.target import Target


def tighten(function: Function, target: Target) -> Function:
    """Move conditions on loop variables into the ranges of the loops."""
    return function.with_body(_Tighten().stmt(function.body))


class _Tighten(StmtMutator):
    def visit_for(self, stmt: For) -> Stmt:
        body = self.stmt(stmt.body)
        parts, then = _conditions(body)
        if not parts:
            return stmt.with_body(body)
        outside, inside = [], []
        low, high = stmt.start, add(stmt.start, stmt.extent)
        for part in parts:
            if may_change(part, body):
                inside.append(part)
                continue
            if stmt.var not in free_vars(part):
                outside.append(part)
                continue
            bounds = _solve(part, stmt.var)
            if bounds is None or not _usable(stmt, bounds):
                inside.append(part)
                continue
            below, above = bounds
            low = low if below is None else maximum(low, below)
            high = high if above is None else minimum(high, above)
        then = If(and_(*inside), then) if inside else then
        extent = sub(high, low)
        is_constant = type(low) is Const and type(extent) is Const
        is_counted = not is_constant and _is_over_taps(stmt)
        kind = LoopKind.SERIAL if is_counted else stmt.kind
        loop = For(stmt.var, low, extent, kind, then, stmt.pragmas)
        return If(and_(*outside), loop) if outside else loop


def _conditions(body: Stmt) -> tuple[list[Expr], Stmt]:
    """Return the conditions on which `body` does anything, and what it does then.

    A condition inside another one that reads memory may only do so where that one holds.
    """
    parts: list[Expr] = []
    while isinstance(body, If) and body.otherwise is None:
        if parts and any(type(node) is Load for node in walk(body.condition)):
            break
        parts += conjuncts(body.condition)
        body = body.then
    return parts, body


def _usable(loop: For, bounds: tuple[Expr | None, Expr | None]) -> bool:
    if loop.kind in (LoopKind.SERIAL, LoopKind.PARALLEL) or _is_over_taps(loop):
        return True
    return type(loop.start) is Const and all(b is None or type(b) is Const for b in bounds)


def _is_over_taps(loop: For) -> bool:
    """Tell whether an unrolled loop adds to the same sums in all steps, so that it may be serial.

    What is in registers has constant indices.
    """
    if loop.kind is not LoopKind.UNROLLED or find(loop.pragmas, Reloaded) is None:
        return False
    stores = (each for each in iter_stmts(loop) if type(each) is Store)
    reads = (
        each for each in walk(loop.body) if type(each) is Load and each.buffer.scope == "local"
    )
    accesses = (*(each.indices for each in stores), *(each.indices for each in reads))
    return not any(loop.var in free_vars(index) for indices in accesses for index in indices)


def _solve(condition: Expr, var: Var) -> tuple[Expr | None, Expr | None] | None:
    """Solve `condition` for `low <= var < high`, None for an open end; None if impossible."""
    forms = nonnegative_forms(condition)
    if forms is None or len(forms) != 1:
        return None
    linear = -forms[0] - 1
    coefficient = linear.terms.get(var, 0)
    rest = linear.without(var).to_expr()
    if coefficient == 0 or var in free_vars(rest):
        return None
    if coefficient > 0:
        return None, add(floordiv(sub(const(-1), rest), coefficient), const(1))
    return add(floordiv(rest, -coefficient), const(1)), None
