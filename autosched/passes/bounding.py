"""Finds conditions of which later passes make bounds of serial loops, so that they need no copies.

`omit` makes the padding of products a condition of the update, and `tighten` makes conditions of
whole steps of a loop bounds of it. A copy of the loop would have the same code with other bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from autosched.analysis.inequalities import conjuncts
from autosched.analysis.linear import Linear
from autosched.ir.expr import Expr
from autosched.ir.stmt import For, If, LoopKind, Stmt, Store
from autosched.ir.traverse import free_vars, iter_stmts
from autosched.passes.omit import shared_conditions


def bounding(
    body: Stmt,
    forms_of: Callable[[Expr], Sequence[Linear] | None],
    conditions_of: Callable[[Stmt], Sequence[Expr]],
) -> Iterator[Expr]:
    """Yield the conditions in `body` that become bounds of serial loops around long code.

    `forms_of` are the forms that are not negative where a condition holds, `conditions_of` is
    `of_step`, which may remember its results.
    """
    for loop in iter_stmts(body):
        if type(loop) is not For or loop.kind is not LoopKind.SERIAL:
            continue
        for part in conditions_of(loop.body):
            forms = forms_of(part)
            if forms is not None and len(forms) == 1 and loop.var in forms[0].terms:
                yield part


def of_step(body: Stmt) -> list[Expr]:
    """Return the conditions on which a step of a loop does anything, if its code is written out.

    They are those around it, and those of all products of a sum.
    """
    if not any(type(each) is For and each.kind.is_written_out for each in iter_stmts(body)):
        return []
    parts: list[Expr] = []
    inner: list[For] = []
    while isinstance(body, For) or (isinstance(body, If) and body.otherwise is None):
        if isinstance(body, For):
            inner.append(body)
            body = body.body
        else:
            parts += conjuncts(body.condition)
            body = body.then
    if type(body) is Store:
        lanes = [loop.var for loop in inner if loop.kind is LoopKind.VECTORIZED]
        parts += shared_conditions(body, lanes)
    own = {loop.var for loop in inner}
    return [part for part in parts if own.isdisjoint(free_vars(part))]
