"""The loops of many candidates at once: their extents, what they cover, how often they run.

Level `n` of a nest is inside its first `n` loops, counting those of the nests around it: the
loops further in run, the others do not advance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from autosched.cost_model.features.index import Index, Opaque
from autosched.cost_model.features.numbers import (
    NUMBERS,
    Extent,
    Least,
    Quotient,
    Value,
    ceil_div,
    least,
    most,
    product,
)
from autosched.cost_model.features.structure import Access, Nest
from autosched.cost_model.features.touched import Touched, touched
from autosched.schedule.arguments import Decision
from autosched.schedule.relations import AxisSplit, pull, push
from autosched.te.axis import Axis

Swept = Mapping[Axis, Value]
"""How many points of each axis are covered."""


Method = TypeVar("Method", bound=Callable[..., Any])


def cached_method(method: Method) -> Method:
    """Keep the results of a method on its object, by arguments."""
    name = f"_{method.__name__}_results"

    @wraps(method)
    def cached(owner: object, *args: object) -> Any:
        try:
            return vars(owner)[name][args]
        except KeyError:
            result = vars(owner).setdefault(name, {})[args] = method(owner, *args)
            return result

    return cast(Method, cached)


class Population:
    """Candidates of one structure: `vectors` is an (n, d) array of decisions."""

    def __init__(self, vectors: np.ndarray):
        self.count = len(vectors)
        self.columns = np.ascontiguousarray(vectors.T, dtype=np.float64)

    def number(self, extent: Extent) -> Value:
        """Return the value of an extent for every candidate."""
        if isinstance(extent, int):
            return float(extent)
        if isinstance(extent, Decision):
            return self.columns[extent.index]
        if isinstance(extent, Quotient):
            return ceil_div(self.number(extent.whole), self.number(extent.unit))
        if isinstance(extent, Least):
            return least(self.number(extent.a), self.number(extent.b))
        return extent.times * self.number(extent.unit)

    @cached_method
    def extents(self, nest: Nest) -> dict[Axis, Value]:
        """Return the extent of every axis of `nest`, for the part that is computed in one go."""
        regions = self._regions(nest)
        extents = {axis: rows[-1] for axis, rows in regions.items()} if nest.path else {**regions}
        push(
            nest.relations,
            extents,
            NUMBERS,
            lambda split, parent: nest.factors.of(split, parent, self.number, NUMBERS),
        )
        return extents

    @cached_method
    def swept(self, nest: Nest) -> dict[Axis, np.ndarray]:
        """Return how many points of each axis of the operation of `nest` its loops cover.

        There is a row for each level: the points that the loops inside it cover.
        """
        extents = self.extents(nest)
        count = len(nest.leaves) + 1
        swept: dict[Axis, Value] = {}
        for place, axis in enumerate(nest.leaves):
            rows = swept[axis] = np.ones((count, self.count))
            rows[: place + 1] = extents[axis]

        def reach(split: AxisSplit, outer: Value, inner: Value) -> Value:
            last = split.point(outer - 1.0, inner, extents[split.inner])
            return least(last, extents[split.parent])

        self._pull(nest, swept, reach)
        if not nest.path:
            return {axis: self._levels(swept[axis], count) for axis in nest.extents}
        around = self._regions(nest)
        return {
            axis: np.concatenate([around[axis][:-1], self._levels(swept[axis], count)])
            for axis in nest.extents
        }

    @cached_method
    def trips(self, nest: Nest) -> np.ndarray:
        """Return how often a statement at each level of `nest` runs in a whole call."""
        depth, count = len(nest.path), len(nest.leaves)
        around = np.ones((1, self.count)) if nest.parent is None else self.trips(nest.parent)
        around = around[: depth + 1]
        extents = self.extents(nest)
        runs: dict[Axis, Value] = {}
        for place, axis in enumerate(nest.leaves):
            rows = runs[axis] = np.ones((count, self.count))
            rows[place:] = extents[axis]

        def times(split: AxisSplit, outer: Value, inner: Value) -> Value:
            both = outer * inner
            return both if split.tail.computes_whole_tiles else least(both, extents[split.parent])

        self._pull(nest, runs, times)
        own = product(runs[axis] for axis in (*nest.data, *nest.reduce))
        return np.concatenate([around, self._levels(around[-1] * own, count)])

    @cached_method
    def touched(self, nest: Nest, access: Access) -> Touched:
        """Return what an access of `nest` touches inside each level."""
        found = touched(self, access, self.swept(nest))
        levels = len(nest.loops) + 1
        return Touched(self._levels(found.elements, levels), self._levels(found.lines, levels))

    def points(self, nest: Nest) -> Value:
        """Return how often the innermost statement of `nest` runs."""
        return self.trips(nest)[-1]

    @cached_method
    def buffer_shape(self, nest: Nest) -> dict[Axis, Value]:
        """Return the extents of the storage that a nest fills, by data axis."""
        if nest.is_output:
            return {axis: self.number(nest.extents[axis]) for axis in nest.data}
        return {axis: self.extents(nest)[axis] for axis in nest.data}

    def sweep(self, index: Index, swept: Swept) -> tuple[Value, Value]:
        """Return how many values `index` takes, and the distance from least to greatest plus 1."""
        if (axis := index.axis) is not None:
            return swept[axis], swept[axis]
        count: Value = 1.0
        span: Value = 1.0
        for source, coefficient in index.terms:
            if isinstance(source, Opaque):
                points = reach = product(swept[axis] for axis in source.axes)
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

    @cached_method
    def _regions(self, nest: Nest) -> dict[Axis, Any]:
        """Return the part of `nest` that its readers need while the loops inside a level run.

        There is a row for each level up to that of `nest` itself; at the root it is a value.
        """
        whole = {axis: self.number(extent) for axis, extent in nest.extents.items()}
        depth = len(nest.path)
        if not depth:
            return whole
        needed: dict[Axis, Value] = {}
        for reader, access in nest.readers:
            swept = {axis: rows[: depth + 1] for axis, rows in self.swept(reader).items()}
            for dimension, index in zip(access.order, access.dims, strict=True):
                axis = nest.data[dimension]
                span = self.sweep(index, swept)[1]
                needed[axis] = most(needed[axis], span) if axis in needed else span
        regions = {}
        for axis, full in whole.items():
            rows = self._levels(least(needed.get(axis, full), full), depth + 1)
            regions[axis] = np.concatenate([self._levels(full, 1), rows[1:]])
        return regions

    def _levels(self, value: Value, count: int) -> np.ndarray:
        """Return a value as an array with `count` rows."""
        shape = count, self.count
        if isinstance(value, np.ndarray) and value.shape == shape:
            return value
        return np.broadcast_to(value, shape)

    def _pull(
        self,
        nest: Nest,
        points: dict[Axis, Value],
        of_split: Callable[[AxisSplit, Value, Value], Value],
    ) -> None:
        """Complete `points`, known for the loops of `nest`, for all its axes."""
        extents = self.extents(nest)
        pull(
            nest.relations,
            points,
            of_split,
            lambda fusion, fused: fusion.counts(fused, extents[fusion.inner], NUMBERS),
        )
