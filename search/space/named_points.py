"""Reductions to or from the points that data names, as histograms and one-hot rows are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from autosched.analysis.equalities import equal_to
from autosched.analysis.inequalities import conjuncts, is_true
from autosched.ir.expr import Select
from autosched.ir.traverse import free_vars
from autosched.ir.update import is_neutral
from autosched.search.space.structure import extent, points_of
from autosched.search.space.tiles import LARGE
from autosched.te.axis import Axis, AxisKind
from autosched.te.combining import combining_operator
from autosched.te.tensor import ComputeOp, Operation, Reduce

LEAST_POINTS = 32
"""Points that data names from which on one at a time is faster than vectors of all of them.

4096 indices take 2.1 us to 8 points, 1.9 to 16 and 1.7 to 64, in vectors 2.2, 4.3 and 16; up to
five times as long where they are all the same, as each waits for the one before.
"""

LEAST_ROWS = 4
"""The same where rows of other axes are combined for each."""


@dataclass(frozen=True, eq=False)
class Scatter:
    """A reduction with points of `axis` that data names, another one for each point of `outer`.

    Of data axes `inner` are the others, and `reduced` are the other reduce axes.
    """

    axis: Axis
    outer: tuple[Axis, ...]
    inner: tuple[Axis, ...]
    reduced: tuple[Axis, ...]

    @property
    def is_gather(self) -> bool:
        """Whether data names what a result reads, not where it is."""
        return self.axis.kind is AxisKind.REDUCE


def scatter_of(op: Operation) -> Scatter | None:
    """Return the axis whose points data names, and the others; None if vectors are faster."""
    kind = combining_operator(op)
    if kind is None or not isinstance(op, ComputeOp) or len(op.bodies) > 1:
        return None
    body = op.bodies[0]
    assert isinstance(body, Reduce), "only a reduction combines"
    condition, source = body.condition, body.sources[0]
    if is_true(condition) and type(source) is Select and is_neutral(kind, source.otherwise):
        condition = source.condition
    for axis, part in product((*op.axis, *op.reduce_axis), conjuncts(condition)):
        point = equal_to(part, axis)
        if point is None or (axis in op.axis and free_vars(point).isdisjoint(op.reduce_axis)):
            continue
        data = [each for each in op.axis if each is not axis]
        outer = tuple(each for each in data if each in free_vars(point))
        inner = tuple(each for each in data if each not in outer)
        found = Scatter(axis, outer, inner, tuple(x for x in op.reduce_axis if x is not axis))
        if _pays(found):
            return found
    return None


def _pays(found: Scatter) -> bool:
    is_cheap = found.is_gather or points_of(found.inner) > 1
    least = LEAST_ROWS if is_cheap else LEAST_POINTS
    return (extent(found.axis) or LARGE) >= least
