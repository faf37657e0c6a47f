"""A population over all sketches: every candidate seen in one round of a search, with its score."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate, Point
from autosched.search.strategies.base import Scorer
from autosched.search.strategies.variation import crossed, mutated, places_of, vectors_of


class Population:
    """Grows by generations; candidates are scored once, when they come in."""

    def __init__(self, sketches: list[Sketch], scorer: Scorer):
        self._sketches = sketches
        self._scorer = scorer
        self._scores: dict[Point, float] = {}

    def add(self, points: Iterable[Point]) -> None:
        """Take candidates that keep the limits and were not seen before."""
        by_sketch: dict[int, list[tuple[int, ...]]] = {}
        for number, vector in points:
            by_sketch.setdefault(number, []).append(vector)
        for number, vectors in by_sketch.items():
            table = np.array(vectors, dtype=np.int64).reshape(len(vectors), -1)
            self._add(number, table)

    def breed(self, parents: int, children: int, rng: np.random.Generator) -> None:
        """Add `children` of the best `parents`: mutated, a third of them crossed before.

        Parents are drawn evenly; both parents of a cross have the same sketch.
        """
        best = [point for point, _ in self._ranked()[:parents]]
        if not best:
            return
        drawn = rng.integers(len(best), size=children)
        by_sketch: dict[int, list[tuple[int, ...]]] = {}
        for place in drawn.tolist():
            by_sketch.setdefault(best[place][0], []).append(best[place][1])
        for number, vectors in sorted(by_sketch.items()):
            sketch = self._sketches[number]
            places = places_of(sketch, np.array(vectors, dtype=np.int64).reshape(len(vectors), -1))
            others = places[rng.permutation(len(places))]
            cross = rng.random(len(places)) < 1 / 3
            places = np.where(cross[:, None], crossed(places, others, rng), places)
            self._add(number, vectors_of(sketch, mutated(sketch, places, rng)))

    def ranked(self, among: Collection[Point] | None = None) -> Iterable[Candidate]:
        """All that was seen, or those `among` it, best score first."""
        for (number, vector), score in self._ranked():
            if among is None or (number, vector) in among:
                yield Candidate(self._sketches[number], number, vector, score)

    def _add(self, number: int, vectors: np.ndarray) -> None:
        sketch = self._sketches[number]
        vectors = vectors[sketch.holds(vectors)]
        new = {tuple(vector) for vector in vectors.tolist()}
        fresh = sorted(vector for vector in new if (number, vector) not in self._scores)
        if not fresh:
            return
        table = np.array(fresh, dtype=np.int64).reshape(len(fresh), -1)
        scores = self._scorer.scores(sketch, table)
        self._scores.update(
            ((number, vector), score) for vector, score in zip(fresh, scores.tolist(), strict=True)
        )

    def _ranked(self) -> list[tuple[Point, float]]:
        return sorted(self._scores.items(), key=lambda item: (-item[1], item[0]))
