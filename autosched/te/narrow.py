"""Compares integers with axes in the integers' own width.

int64(X[k]) == i      is      X[k] == int32(i)      where all values of i are of 32 bits
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import linear
from autosched.ir.build import cast, eq, ne
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Cast, Eq, Expr, Ne
from autosched.ir.rewrite import map_expr
from autosched.te.axis import Axis
from autosched.te.bounds import reads_data


def narrow_comparisons(bodies: Sequence[Expr], axes: Sequence[Axis]) -> tuple[Expr, ...]:
    """Test whether integers equal indices in their own width, which holds all of the indices.

    Order is left alone: loops end where an index is no longer less than what is read.
    """
    bounds = Bounds()
    for axis in axes:
        bounds.add_loop(axis, axis.start, axis.extent)

    def narrowed(node: Expr) -> Expr:
        if not isinstance(node, Eq | Ne):
            return node
        for wide, index in ((node.a, node.b), (node.b, node.a)):
            if type(wide) is Cast and wide.dtype is INDEX and _holds(wide.value, index, bounds):
                compare = eq if type(node) is Eq else ne
                return compare(wide.value, cast(index, wide.value.dtype))
        return node

    memo: dict[Expr, Expr] = {}
    return tuple(map_expr(body, narrowed, memo) for body in bodies)


def _holds(value: Expr, index: Expr, bounds: Bounds) -> bool:
    """Whether the type of a narrower integer has all values of an index without data."""
    dtype = value.dtype
    if not dtype.is_integer or dtype.bits >= INDEX.bits:
        return False
    if reads_data(index):
        return False
    low, high = bounds.span(linear(index, bounds))
    return dtype.min_value <= low and high <= dtype.max_value
