"""The loops of many candidates at once: extents, what they sweep, how often they run.

Level `n` of a nest is inside its first `n` loops, those of the stages around it counted:
the loops from there on run, the others stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from autosched.cost_model.features.index import Index, Opaque
from autosched.cost_model.features.numbers import (
    NUMBERS,
    Extent,
    Least,
    Multiple,
    Quotient,
    Value,
    ceil_div,
    least,
    most,
    product,
)
from autosched.cost_model.features.structure import Nest
from autosched.schedule.arguments import Decision
from autosched.schedule.relations import AxisSplit, Tail, pull, push
from autosched.te.axis import Axis

Swept = Mapping[Axis, Value]
"""How many points of each axis are covered."""

PADDING = (Tail.PAD, Tail.SHIFT)


class Population:
    """Candidates of one structure: `vectors` is an (n, d) array of decisions."""

    def __init__(self, vectors: np.ndarray):
        self.count = len(vectors)
        self.columns = np.ascontiguousarray(vectors.T, dtype=np.float64)
        self._extents: dict[Nest, dict[Axis, Value]] = {}
        self._swept: dict[tuple[Nest, int], dict[Axis, Value]] = {}
        self._trips: dict[tuple[Nest, int], Value] = {}

    def number(self, extent: Extent) -> Value:
        if isinstance(extent, Decision):
            return self.columns[extent.index]
        if isinstance(extent, Quotient):
            return ceil_div(self.number(extent.whole), self.number(extent.unit))
        if isinstance(extent, Least):
            return least(self.number(extent.a), self.number(extent.b))
        if isinstance(extent, Multiple):
            return extent.times * self.number(extent.unit)
        return float(extent)

    def extents(self, nest: Nest) -> dict[Axis, Value]:
        """The extent of every axis of `nest`, for the part of it that is computed in one go."""
        extents = self._extents.get(nest)
        if extents is None:
            extents = self._extents[nest] = self._all_extents(nest)
        return extents

    def swept(self, nest: Nest, level: int) -> dict[Axis, Value]:
        """How many points of each axis of `nest` the loops inside `level` cover."""
        key = (nest, level)
        swept = self._swept.get(key)
        if swept is None:
            outside = level < len(nest.path)
            swept = self._region(nest, level) if outside else self._inside(nest, level)
            self._swept[key] = swept
        return swept

    def trips(self, nest: Nest, level: int) -> Value:
        """How often what stands at `level` of `nest` runs, over a whole call."""
        key = (nest, level)
        trips = self._trips.get(key)
        if trips is None:
            trips = self._trips[key] = self._count_trips(nest, level)
        return trips

    def points(self, nest: Nest) -> Value:
        """How often the innermost statement of `nest` runs."""
        return self.trips(nest, len(nest.loops))

    def buffer_shape(self, nest: Nest) -> dict[Axis, Value]:
        """The extents of the storage that a nest fills, per data axis."""
        if nest.is_output:
            return {axis: self.number(nest.extents[axis]) for axis in nest.data}
        return {axis: self.extents(nest)[axis] for axis in nest.data}

    def sweep(self, index: Index, swept: Swept) -> tuple[Value, Value]:
        """How many values `index` takes, and the distance from the first to the last plus 1."""
        count: Value = 1.0
        span: Value = 1.0
        for source, coefficient in index.terms:
            if isinstance(source, Opaque):
                own = product([swept[axis] for axis in source.axes])
                points, reach = own, own
            elif isinstance(source, Index):
                points, reach = self.sweep(source, swept)
            else:
                points = reach = swept[source]
            count = count * points
            span = span + (reach - 1.0) * self.number(coefficient)
        steps = span if index.step == 1 else (span - 1.0) / index.step + 1.0
        if len(index.terms) > 1:
            count = least(count, steps)
        if index.is_plain:
            return count, span
        reach = ceil_div(span, self.number(index.unit))
        if index.above is not None:
            reach = least(reach, ceil_div(self.number(index.above), self.number(index.unit)))
        return least(count, reach), reach

    def _all_extents(self, nest: Nest) -> dict[Axis, Value]:
        extents = dict(self._region(nest, len(nest.path)))
        push(
            nest.relations,
            extents,
            NUMBERS,
            lambda split, parent: nest.factors.of(split, parent, self.number, NUMBERS),
        )
        return extents

    def _region(self, nest: Nest, level: int) -> dict[Axis, Value]:
        """What the readers of `nest` need of it while the loops inside `level` run."""
        whole = {axis: self.number(extent) for axis, extent in nest.extents.items()}
        if not level:
            return whole
        needed: dict[Axis, Value] = {}
        for reader, access in nest.readers:
            swept = self.swept(reader, level)
            for dimension, index in zip(access.order, access.dims, strict=True):
                axis = nest.data[dimension]
                span = self.sweep(index, swept)[1]
                needed[axis] = most(needed[axis], span) if axis in needed else span
        return {axis: least(needed.get(axis, full), full) for axis, full in whole.items()}

    def _inside(self, nest: Nest, level: int) -> dict[Axis, Value]:
        extents = self.extents(nest)
        swept: dict[Axis, Value] = {
            axis: extents[axis] if place >= level else 1.0
            for place, axis in enumerate(nest.leaves, len(nest.path))
        }
        self._pull(
            nest,
            swept,
            lambda split, outer, inner: least(
                split.point(outer - 1.0, inner, extents[split.inner]), extents[split.parent]
            ),
        )
        return swept

    def _pull(
        self,
        nest: Nest,
        points: dict[Axis, Value],
        of_split: Callable[[AxisSplit, Value, Value], Value],
    ) -> None:
        """Count `points`, known of the loops of `nest`, of all its axes."""
        extents = self.extents(nest)
        pull(
            nest.relations,
            points,
            of_split,
            lambda fusion, fused: fusion.counts(fused, extents[fusion.inner], NUMBERS),
        )

    def _count_trips(self, nest: Nest, level: int) -> Value:
        if level <= len(nest.path):
            return 1.0 if nest.parent is None else self.trips(nest.parent, level)
        extents = self.extents(nest)
        runs: dict[Axis, Value] = {
            axis: extents[axis] if place < level else 1.0
            for place, axis in enumerate(nest.leaves, len(nest.path))
        }

        def times(split: AxisSplit, outer: Value, inner: Value) -> Value:
            both = outer * inner
            return both if split.tail in PADDING else least(both, extents[split.parent])

        self._pull(nest, runs, times)
        own = product([runs[axis] for axis in (*nest.data, *nest.reduce)])
        return self.trips(nest, len(nest.path)) * own
