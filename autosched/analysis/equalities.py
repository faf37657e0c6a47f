"""Which integer a condition says that a variable equals."""

from __future__ import annotations

from autosched.ir.expr import Cast, Eq, Expr, Var
from autosched.ir.traverse import free_vars


def equal_to(condition: Expr, index: Var) -> Expr | None:
    """Return the integer, without `index`, that `index` equals where `condition` holds, or None.

    `index` may be converted to the type of the integer.
    """
    if type(condition) is not Eq:
        return None
    for point, other in ((condition.a, condition.b), (condition.b, condition.a)):
        value = other.value if type(other) is Cast else other
        if value is index and point.dtype.is_integer and index not in free_vars(point):
            return point
    return None
