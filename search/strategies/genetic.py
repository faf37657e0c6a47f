"""Genetic search: children of the fastest candidates, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from autosched.search.candidate import Candidate, by_sketch
from autosched.search.history import History
from autosched.search.strategies.base import Batch, Scorer
from autosched.search.strategies.proposals import defaults
from autosched.search.strategies.random import fill_randomly
from autosched.search.strategies.variation import crossed, mutated, places_of, vectors_of


@dataclass(frozen=True)
class GeneticStrategy:
    """Crosses and mutates the `elites` fastest candidates; scores are ignored.

    In the first batch up to `default_share` are the defaults of the sketches. A batch draws
    children up to `generations` times; what is missing then is drawn from the whole space.
    """

    elites: int = 24
    generations: int = 4
    default_share: float = 0.5

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        batch = Batch(count, history)
        if not history.measured:
            batch.add(defaults(history.task), ceil(self.default_share * count))
        elif len(history.measured) >= self.elites:
            for _ in range(self.generations):
                batch.add(self._children(history, count, rng))
        fill_randomly(batch, history.task, rng)
        return batch.candidates

    def _children(
        self, history: History, count: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Yield children of the fastest that keep the limits; both parents have one sketch."""
        best = history.ranked(self.elites)
        for places, sketch, vectors in by_sketch(best):
            known = places_of(sketch, vectors)
            share = ceil(count * len(places) / len(best))
            mothers, fathers = rng.integers(len(known), size=(2, share))
            made = mutated(sketch, crossed(known[mothers], known[fathers], rng), rng)
            found = vectors_of(sketch, made)
            number = best[places[0]].number
            for vector in found[sketch.holds(found)].tolist():
                yield Candidate(sketch, number, tuple(vector))
