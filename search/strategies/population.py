"""A population over all sketches: every candidate seen in one round of a search, with its score."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate, Point
from autosched.search.strategies.base import Scorer
from autosched.search.strategies.variation import crossed, mutated, places_of, vectors_of


class Population:
    """Grows by generations. A candidate is scored once, when it is added."""

    def __init__(self, sketches: list[Sketch], scorer: Scorer):
        self._sketches = sketches
        self._scorer = scorer
        self._scores: dict[Point, float] = {}

    def add(self, points: Iterable[Point]) -> None:
        """Add the candidates that keep their limits and are new."""
        for number, vectors in _by_sketch(points):
            self._add(number, vectors)

    def breed(self, parents: int, children: int, rng: np.random.Generator) -> None:
        """Add `children` of the best `parents`: all are mutated, a third of them crossed before.

        Parents are drawn evenly; both parents of a cross have the same sketch.
        """
        best = [point for point, _ in self._ranked()[:parents]]
        if not best:
            return
        drawn = rng.integers(len(best), size=children)
        for number, vectors in _by_sketch(best[place] for place in drawn.tolist()):
            sketch = self._sketches[number]
            places = places_of(sketch, vectors)
            others = places[rng.permutation(len(places))]
            cross = rng.random(len(places)) < 1 / 3
            places = np.where(cross[:, None], crossed(places, others, rng), places)
            self._add(number, vectors_of(sketch, mutated(sketch, places, rng)))

    def ranked(self, among: Collection[Point] | None = None) -> Iterable[Candidate]:
        """Yield all candidates, or those `among` the given points, best score first."""
        for (number, vector), score in self._ranked():
            if among is None or (number, vector) in among:
                yield Candidate(self._sketches[number], number, vector, score)

    def _add(self, number: int, vectors: np.ndarray) -> None:
        sketch = self._sketches[number]
        new = {*map(tuple, vectors[sketch.holds(vectors)].tolist())}
        fresh = sorted(vector for vector in new if (number, vector) not in self._scores)
        if not fresh:
            return
        scores = self._scorer.scores(sketch, np.array(fresh, dtype=np.int64))
        for vector, score in zip(fresh, scores.tolist(), strict=True):
            self._scores[number, vector] = score

    def _ranked(self) -> list[tuple[Point, float]]:
        return sorted(self._scores.items(), key=lambda item: (-item[1], item[0]))


def _by_sketch(points: Iterable[Point]) -> list[tuple[int, np.ndarray]]:
    """Return the sketch numbers in rising order, each with its vectors as an (n, d) array."""
    found: dict[int, list[tuple[int, ...]]] = {}
    for number, vector in points:
        found.setdefault(number, []).append(vector)
    return [(number, np.array(found[number], dtype=np.int64)) for number in sorted(found)]
