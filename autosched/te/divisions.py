"""Leaves out divisions of indices that are less than the divisor.

i // 8      is      0       where all values of i are from 0 to 7
i % 8       is      i

Sums over groups, said for any number of groups, are plain ones for a single group then.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import linear
from autosched.ir.build import const
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, FloorDiv, FloorMod
from autosched.ir.rewrite import map_expr
from autosched.te.axis import Axis
from autosched.te.bounds import reads_data


def without_divisions(bodies: Sequence[Expr], axes: Sequence[Axis]) -> tuple[Expr, ...]:
    """Return the bodies with the quotients and remainders that the extents of axes tell."""
    bounds = Bounds()
    for axis in axes:
        bounds.add_loop(axis, axis.start, axis.extent)

    def divided(node: Expr) -> Expr:
        if not isinstance(node, FloorDiv | FloorMod) or not _is_less(node, bounds):
            return node
        return const(0, INDEX) if type(node) is FloorDiv else node.a

    memo: dict[Expr, Expr] = {}
    return tuple(map_expr(body, divided, memo) for body in bodies)


def _is_less(node: FloorDiv | FloorMod, bounds: Bounds) -> bool:
    """Whether an index without data is less than a constant, and not negative."""
    if node.dtype is not INDEX or type(node.b) is not Const or reads_data(node.a):
        return False
    low, high = bounds.span(linear(node.a, bounds))
    return low >= 0 and high < node.b.value
