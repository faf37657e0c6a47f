"""The order in which products of three and more factors are summed.

C[i, j] = sum of A[i, x] * B[x, y] * D[y, j]      x first, then y: two products of matrices
"""

from __future__ import annotations

from itertools import combinations

from autosched.schedule.apart import axes_of
from autosched.schedule.primitives.sum_first import first_factors
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.schedule.terms import WORD_BITS
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import contraction, points_of
from autosched.search.space.tiles import Core

LEAST_GAIN = 4
"""How many times fewer products another order must take."""


def sum_in_order(builder: SketchBuilder, core: Core) -> bool:
    """Sum factors over an axis first where that is much faster; return if any were.

    It is where it takes far fewer products, or makes the only one of matrices:
    X[z, i] * A[i, j] * Y[z, j] over i and j, which reads every element of A for each z.

    Sums of floats are rounded otherwise then, so that the target's tolerance has to allow it. Those
    of halves stay: sums of some factors alone may be beyond their greatest number.
    """
    is_any = False
    for stage in list(builder.schedule.stages):
        dtype = stage.op.outputs[0].dtype
        is_allowed = not dtype.is_float or (core.tolerance > 0 and dtype.bits >= WORD_BITS)
        if not isinstance(stage.attachment, AtRoot) or not is_allowed:
            continue
        while (number := axis_to_sum_first(stage)) is not None:
            builder.sum_first(stage, number)
            is_any = True
    return is_any


def axis_to_sum_first(stage: Stage) -> int | None:
    """Return the number of the reduce axis that is best summed over first, if it is worth it."""
    op = stage.op
    axes = (*op.axis, *op.reduce_axis)
    products: dict[int, int] = {}
    for number, axis in enumerate(op.reduce_axis):
        first = first_factors(op, number)
        if first:
            used = {each for factor in first for each in axes_of(factor)}
            products[number] = points_of(used) + points_of(a for a in axes if a is not axis)
    best = min(products, key=lambda number: products[number], default=None)
    if best is None:
        return None
    is_less = LEAST_GAIN * products[best] <= points_of(axes)
    return best if is_less or (contraction(stage) is None and _reuses(stage, best)) else None


def _reuses(stage: Stage, number: int) -> bool:
    """Whether two factors that depend on an axis are each used along axes of the other."""
    used = [axes_of(factor) for factor in first_factors(stage.op, number)]
    return any(one - two and two - one for one, two in combinations(used, 2))
