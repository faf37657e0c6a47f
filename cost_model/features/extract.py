"""Features: one row of numbers for each candidate, computed for a population at once.

A sketch is analysed once, and then every extent, footprint and count is an array with one
element for each candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from autosched.cost_model.features import access_features, nest_features, other_features
from autosched.cost_model.features.nest_features import NestView
from autosched.cost_model.features.numbers import Value, rows_of
from autosched.cost_model.features.population import Population
from autosched.cost_model.features.recording import record
from autosched.cost_model.features.structure import Nest, nests
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import Prefetch
from autosched.schedule.sketch import Sketch
from autosched.te.tensor import Tensor

VERSION = 3
"""Raised whenever a feature changes its meaning; a model file has that of its features."""

BATCH = 2048
"""Candidates evaluated together: enough to spread the overhead, few enough to stay in L2."""

_COUNTS = (
    *(f"nest.{name}" for name in nest_features.COUNTS),
    *(f"{slot}.{name}" for slot in access_features.SLOTS for name in access_features.COUNTS),
    *(f"second.{name}" for name in other_features.SECOND_COUNTS),
    *(f"others.{name}" for name in other_features.SUM_COUNTS),
    "prefetch.steps",
)
_SHARES = (
    *(f"nest.{name}" for name in nest_features.SHARES),
    *(f"{slot}.{name}" for slot in access_features.SLOTS for name in access_features.SHARES),
    *(f"others.{name}" for name in other_features.SUM_SHARES),
)

feature_names: tuple[str, ...] = (*_COUNTS, *_SHARES)
"""The name of each column. The counts come first; they are given as log2(1 + count)."""

_Fixed = tuple[tuple[int, int], ...]


def extract(outputs: Sequence[Tensor], sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
    """Return the features of candidates of `sketch`: `vectors`, an (n, d) array of integers.

    The result is float32 of shape (n, len(feature_names)), and finite. A row depends only on its
    own candidate. `outputs` are the tensors that the sketch was derived from. Symbolic sizes
    count as 512.
    """
    vectors = np.asarray(vectors, dtype=np.int64)
    result = np.empty((len(vectors), len(feature_names)), dtype=np.float32)
    analysis = _analysis(outputs, sketch)
    for fixed, rows in analysis.groups(vectors):
        structure = analysis.structure(sketch, fixed)
        for start in range(0, len(rows), BATCH):
            chosen = rows[start : start + BATCH]
            result[chosen] = _features(structure, vectors[chosen])
    result[:, len(_COUNTS) - 1] = np.log2(1.0 + _prefetched(sketch, vectors))
    return result


def _prefetched(sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
    """Return how many steps ahead operands are fetched, which cannot be seen from the loops."""
    total = np.zeros(len(vectors), dtype=np.int64)
    for step in sketch.steps:
        if isinstance(step, Prefetch):
            steps = step.offset
            total += vectors[:, steps.index] if isinstance(steps, Decision) else steps
    return total


class _Analysis:
    """The structures of one sketch: one for each value of the decisions inside expressions.

    It holds no reference to the sketch, so that it can be dropped with it.
    """

    def __init__(self, outputs: Sequence[Tensor], sketch: Sketch):
        self.outputs = tuple(outputs)
        self.written = sorted(record(outputs, sketch, {}).written)
        self._structures: dict[_Fixed, list[Nest]] = {}

    def groups(self, vectors: np.ndarray) -> list[tuple[_Fixed, np.ndarray]]:
        """Return the rows of `vectors` by structure."""
        if not self.written:
            return [((), np.arange(len(vectors)))]
        values, group = np.unique(vectors[:, self.written], axis=0, return_inverse=True)
        return [
            (
                tuple(zip(self.written, map(int, value), strict=True)),
                np.flatnonzero(group.reshape(-1) == number),
            )
            for number, value in enumerate(values)
        ]

    def structure(self, sketch: Sketch, fixed: _Fixed) -> list[Nest]:
        structure = self._structures.get(fixed)
        if structure is None:
            recording = record(self.outputs, sketch, dict(fixed))
            structure = self._structures[fixed] = nests(recording)
        return structure


_ANALYSES: WeakKeyDictionary[Sketch, _Analysis] = WeakKeyDictionary()


def _analysis(outputs: Sequence[Tensor], sketch: Sketch) -> _Analysis:
    known = _ANALYSES.get(sketch)
    if known is None or known.outputs != tuple(outputs):
        known = _ANALYSES[sketch] = _Analysis(outputs, sketch)
    return known


def _features(structure: list[Nest], vectors: np.ndarray) -> np.ndarray:
    population = Population(vectors)
    views = [NestView(population, nest) for nest in structure]
    ordered = sorted(views, key=_weight, reverse=True)
    values = _values(ordered[0], ordered[1:])
    table = rows_of(values, len(vectors))
    counts = table[: len(_COUNTS)]
    np.log2(1.0 + counts, out=counts)
    return table.T


def _weight(view: NestView) -> tuple[float, int]:
    """Return how heavy a nest is, independent of decisions.

    A packing copy has no work, and a nest of constants alone no weight: no call computes it.
    """
    nest = view.nest
    if nest.is_constant:
        return 0.0, 0
    return (float(nest.points) * nest.work.cost, nest.points)


def _values(anchor: NestView, others: Sequence[NestView]) -> list[Value]:
    """Return the counts, then the shares; `others` are the nests beside the heaviest."""
    accesses = access_features.slots(anchor).values()

    def of_anchor(table: Mapping[str, nest_features.Feature]) -> Iterator[Value]:
        return (of(anchor) for of in table.values())

    def of_accesses(table: Mapping[str, access_features.Feature]) -> Iterator[Value]:
        for access in accesses:
            yield from (0.0 if access is None else of(anchor, access) for of in table.values())

    def of_others(table: Mapping[str, other_features.Feature]) -> Iterator[Value]:
        return (of(others) for of in table.values())

    return [
        *of_anchor(nest_features.COUNTS),
        *of_accesses(access_features.COUNTS),
        *(of(others[0]) if others else 0.0 for of in other_features.SECOND_COUNTS.values()),
        *of_others(other_features.SUM_COUNTS),
        0.0,  # the steps of prefetches, which `extract` fills in
        *of_anchor(nest_features.SHARES),
        *of_accesses(access_features.SHARES),
        *of_others(other_features.SUM_SHARES),
    ]
