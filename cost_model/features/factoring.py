"""Factors of splits that a sketch leaves open, also where rfactor turns loops into axes.

The loops of the reduction become axes whose extents stay open. So does the stride of the outer
axis of a split, of which expressions hold the sample value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

from autosched.cost_model.features.numbers import OPEN_NUMBERS, Extent, Number, known
from autosched.schedule.relations import Arithmetic, AxisSplit, Relation, Size, push, splits
from autosched.schedule.state import StageState
from autosched.te.axis import Axis, AxisKind


@dataclass(slots=True, eq=False)
class Factors:
    """The factors of splits: `given`, or by the number of `parts`. Numbers may be open."""

    given: dict[Relation, Number] = field(default_factory=dict)
    parts: dict[Relation, Number] = field(default_factory=dict)

    def of(
        self,
        split: AxisSplit,
        whole: Size,
        number: Callable[[Number], Size],
        arithmetic: Arithmetic[Size],
    ) -> Size:
        """Return the factor of a split of `whole` points; `whole` where none is known."""
        if split in self.given:
            return number(self.given[split])
        if split in self.parts:
            return arithmetic.ceil_div(whole, number(self.parts[split]))
        return whole


@dataclass(frozen=True, eq=False)
class Factoring:
    """The open `extents` and `strides` of loops, and the `points` of the stage before rfactor."""

    leaf: Axis
    extents: dict[Axis, Extent]
    strides: dict[Axis, tuple[int, Extent]]
    points: int

    def moved(self, factored: Axis, final: Axis) -> None:
        """Add the axes that replace the loop in the partial and in the final reduction."""
        self.extents[factored] = self.extents[final] = self.extents[self.leaf]
        if self.leaf in self.strides:
            self.strides[factored] = self.strides[self.leaf]


def factoring(stage: StageState, leaf: Axis, factors: Factors) -> Factoring | None:
    """Return what stays open; None if loops are fused, or split more than once."""
    roots = stage.op.reduce_axis
    relations = splits(stage.relations)
    if len(relations) < len(stage.relations) or not {r.parent for r in relations} <= {*roots}:
        return None
    reduce = [axis for axis in stage.leaves if axis.kind is AxisKind.REDUCE]
    if len(reduce) < 2:
        return None
    extents: dict[Axis, Extent] = {axis: known(axis.extent) for axis in roots}
    push(
        relations,
        extents,
        OPEN_NUMBERS,
        lambda split, whole: factors.of(split, whole, lambda number: number, OPEN_NUMBERS),
    )
    strides = {r.outer: (known(r.factor), extents[r.inner]) for r in relations}
    points = prod(known(axis.extent) for axis in (*stage.op.axis, *roots))
    return Factoring(leaf, extents, strides, points)
