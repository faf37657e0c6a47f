"""The range of an expression, and proofs that a condition always or never holds."""

from __future__ import annotations

import math

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import linear, simplify
from autosched.ir.expr import Broadcast, Const, Expr


def interval(expr: Expr, bounds: Bounds) -> tuple[int | None, int | None]:
    """Return the least and greatest value of a scalar index expression; None if unbounded.

    Never too narrow; exact for sums of variables that have constant, independent ranges.
    """
    form = linear(expr, bounds)
    if bounds.may_wrap(form):
        return None, None
    low, high = bounds.span(form)
    return None if math.isinf(low) else int(low), None if math.isinf(high) else int(high)


def prove(condition: Expr, bounds: Bounds) -> bool | None:
    """Return True if `condition` always holds, False if it never does, None if unknown.

    A vector of conditions holds if every lane does.
    """
    result = simplify(condition, bounds)
    if type(result) is Broadcast:
        result = result.value
    return bool(result.value) if type(result) is Const else None
