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
from functools import partial

from autosched.schedule.schedule import Stage
from autosched.search.space.named_points import Scatter, scatter_of
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import extent, points_of
from autosched.search.space.tiles import LARGE, TAIL, ceil_div, vector_steps

LEAST_SHARED = 1 << 16
"""Numbers from which on threads share them: 333 rows of 130 take 1.4 us with one, 3.2 with two."""


class ScatteredReduction(Rule):
    """Proposes to combine each number into the only point that it changes."""

    name = "scatter"

    def proposals(self, place: Place) -> Sequence[Proposal]:
        found = scatter_of(place.stage.op)
        if found is None:
            return []
        return [Proposal("scatter", partial(_apply, found), is_certain=True)]


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
