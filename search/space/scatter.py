"""The rule for reductions to or from the points that data names, as in histograms and one-hot rows.

    C[i, j] = sum over k of A[k, j] where I[k] == i         A[k, j] where I[i] == k

    for k:                                                  for i:
        for i:                                                  for k:
            vectorized j                                            vectorized j

The pass `scatter` leaves C[I[k], j] of the loop over i, and A[I[i], j] of the one over k. In the
order of the expression each point would read all of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

from autosched.analysis.equalities import equal_to
from autosched.analysis.inequalities import conjuncts, is_true
from autosched.ir.expr import Select
from autosched.ir.traverse import free_vars
from autosched.ir.update import is_neutral
from autosched.schedule.schedule import Stage
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import extent, points_of
from autosched.search.space.tiles import LARGE, TAIL, ceil_div, vector_steps
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


LEAST_SHARED = 1 << 16
"""Numbers from which on threads share them: 333 rows of 130 take 1.4 us with one, 3.2 with two."""


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


class ScatteredReduction(Rule):
    """Proposes to combine each number into the only point that it changes."""

    name = "scatter"

    def proposals(self, place: Place) -> Sequence[Proposal]:
        found = scatter_of(place.stage.op)
        if found is None:
            return []
        return [Proposal("scatter", partial(_apply, found), is_certain=True)]


def scatter_of(op: Operation) -> Scatter | None:
    """Return the axis whose points data names, if to take these alone is fast, or None."""
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


def _apply(found: Scatter, place: Place) -> Iterable[Stage]:
    b, stage, core = place.builder, place.stage, place.core
    outer, inner = list(found.outer), list(found.inner)
    in_rows = bool(inner) and inner[-1] is stage.op.axis[-1]
    is_shared = _is_shared(found, place)
    if in_rows:
        last = inner.pop()
        size = extent(last) or LARGE
        share = ceil_div(ceil_div(size, core.threads), core.lanes) * core.lanes
        if is_shared and not outer and share < size:
            part, last = b.split(stage, last, share, TAIL)
            outer, size = [part], share
        choices, default = vector_steps(size, core.lanes)
        factor = b.decide(f"{last.name}.vector", "vector", choices, default)
        inner += b.split(stage, last, factor, TAIL)
        b.vectorize(stage, inner[-1])
    is_last = bool(found.outer) and outer[-1] is stage.op.axis[-1]
    between = [outer.pop()] if is_last and not found.is_gather else []
    b.reorder(stage, [*outer, *found.reduced, *between, found.axis, *inner])
    if outer and is_shared:
        b.parallel(stage, b.fuse(stage, outer))
    return [stage]


def _is_shared(found: Scatter, place: Place) -> bool:
    """Whether threads share the work: results that lie between each other's are not theirs."""
    points = points_of((*found.outer, *found.inner, *found.reduced))
    is_apart = found.is_gather or place.stage.op.axis[-1] not in found.outer
    return points >= LEAST_SHARED and is_apart
