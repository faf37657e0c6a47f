"""Features: one row of numbers for each candidate, computed for a population at once.

A sketch is analysed once, and then every extent, footprint and count is an array with one
element for each candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from autosched.cost_model.features import access_features, nest_features, other_features
from autosched.cost_model.features.nest_features import NestView
from autosched.cost_model.features.numbers import Value
from autosched.cost_model.features.population import Population
from autosched.cost_model.features.recording import record
from autosched.cost_model.features.structure import Nest, nests
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import Prefetch
from autosched.schedule.sketch import Sketch
from autosched.te.tensor import Tensor

VERSION = 2
"""Grows whenever a feature gets another meaning; a model knows which it was fitted to."""

BATCH = 2048
"""Candidates evaluated together: enough to spread the cost of a call, few enough for L2."""

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
"""What each column is; the counts, given as log2(1 + count), come first."""

_Fixed = tuple[tuple[int, int], ...]


def extract(outputs: Sequence[Tensor], sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
    """The features of the candidates `vectors`, an (n, d) array of integers, of `sketch`.

    The result is float32 of shape (n, len(feature_names)), and finite. A row depends on its
    candidate only, not on which others it is computed with. `outputs` are the tensors that
    the sketch was derived from. Symbolic sizes count as 512.
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
    """How many steps ahead operands are fetched, which no loop shows."""
    total = np.zeros(len(vectors), dtype=np.int64)
    for step in sketch.steps:
        if isinstance(step, Prefetch):
            steps = step.offset
            total += vectors[:, steps.index] if isinstance(steps, Decision) else steps
    return total


class _Analysis:
    """The structures of one sketch, one for each value of the decisions written into it.

    It does not keep the sketch, which it is forgotten with.
    """

    def __init__(self, outputs: Sequence[Tensor], sketch: Sketch):
        self.outputs = tuple(outputs)
        self.written = sorted(record(outputs, sketch, {}).written)
        self._structures: dict[_Fixed, list[Nest]] = {}

    def groups(self, vectors: np.ndarray) -> list[tuple[_Fixed, np.ndarray]]:
        """The rows of `vectors` that share a structure."""
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
    anchor, second = ordered[0], ordered[1] if len(ordered) > 1 else None
    others = ordered[1:]
    values: list[Value] = [*_counts(anchor, second, others), *_shares(anchor, others)]
    table = np.empty((len(values), len(vectors)))
    for place, value in enumerate(values):
        table[place] = value
    counts = table[: len(_COUNTS)]
    np.log2(1.0 + counts, out=counts)
    return table.T


def _weight(view: NestView) -> tuple[float, int]:
    """How heavy a nest is whatever the decisions; packing weighs nothing beside computing."""
    nest = view.nest
    return (float(nest.points) * nest.work.cost, nest.points)


def _counts(anchor: NestView, second: NestView | None, others: list[NestView]) -> list[Value]:
    values = [of(anchor) for of in nest_features.COUNTS.values()]
    for access in access_features.slots(anchor).values():
        for of_access in access_features.COUNTS.values():
            values.append(0.0 if access is None else of_access(anchor, access))
    for of in other_features.SECOND_COUNTS.values():
        values.append(0.0 if second is None else of(second))
    values += [of_all(others) for of_all in other_features.SUM_COUNTS.values()]
    return [*values, 0.0]


def _shares(anchor: NestView, others: list[NestView]) -> list[Value]:
    values = [of(anchor) for of in nest_features.SHARES.values()]
    for access in access_features.slots(anchor).values():
        for of_access in access_features.SHARES.values():
            values.append(0.0 if access is None else of_access(anchor, access))
    return values + [of_all(others) for of_all in other_features.SUM_SHARES.values()]
