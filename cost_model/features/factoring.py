"""The open numbers of a stage whose reduction rfactor is about to do in two steps.

The loops of the reduction become axes: their extents stay open, and so does the stride of
the outer axis of a split, which stands in the expressions as its sample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autosched.cost_model.features.numbers import Extent, Least, Quotient
from autosched.cost_model.features.sizes import known
from autosched.schedule import relations
from autosched.schedule.stage import Stage
from autosched.te.axis import Axis, AxisKind

Factor = Callable[[relations.Split, Extent], Extent]
"""The factor of a split of so many points, as it was left open."""


@dataclass(frozen=True, eq=False)
class Factoring:
    """`extents` and `strides` of the loops; `points` is the size of the stage before."""

    leaf: Axis
    extents: dict[Axis, Extent]
    strides: dict[Axis, tuple[int, Extent]]
    points: int

    def moved(self, factored: Axis, final: Axis) -> None:
        """Tell of the axes that take the place of the loop: of the partial and of the final sum."""
        self.extents[factored] = self.extents[final] = self.extents[self.leaf]
        if self.leaf in self.strides:
            self.strides[factored] = self.strides[self.leaf]


def factoring(stage: Stage, leaf: Axis, factor: Factor) -> Factoring | None:
    """What stays open; None where the loops are more than single splits of the reduce axes."""
    roots = set(stage.op.reduce_axis)
    reduce = [axis for axis in stage.leaves if axis.kind is AxisKind.REDUCE]
    extents: dict[Axis, Extent] = {axis: known(axis.extent) for axis in reduce}
    strides: dict[Axis, tuple[int, Extent]] = {}
    for relation in stage.relations:
        if not isinstance(relation, relations.Split) or relation.parent not in roots:
            return None
        whole = known(relation.parent.extent)
        inner = Least(factor(relation, whole), whole)
        extents[relation.inner], extents[relation.outer] = inner, Quotient(whole, inner)
        strides[relation.outer] = (known(relation.inner.extent), inner)
    if len(reduce) < 2:
        return None
    points = 1
    for axis in (*stage.op.axis, *stage.op.reduce_axis):
        points *= known(axis.extent)
    return Factoring(leaf, extents, strides, points)
