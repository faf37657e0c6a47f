"""Evolutionary search: the model chooses among the descendants of what did best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from autosched.search.candidate import Candidate
from autosched.search.history import History
from autosched.search.strategies.base import Batch, Scorer
from autosched.search.strategies.defaults import defaults, varied_defaults
from autosched.search.strategies.neighbourhood import around
from autosched.search.strategies.population import Population
from autosched.search.strategies.random import every_candidate, fill_randomly, random_candidates
from autosched.search.strategies.ranking import RankingStrategy

TILE_ROLES = ("vector", "unroll")
"""The decisions that give a register tile its shape."""


@dataclass(frozen=True)
class EvolutionaryStrategy:
    """Starts from the defaults of the sketches, then breeds by score.

    Until a model is there, at most `default_share` of a batch are defaults, the best guesses
    first, and at most `varied_share` variants of defaults that are drawn; the others are drawn
    from everything. So searches with other seeds differ from the start.

    A population of the `elites` measured so far, the untried defaults and `strangers` drawn
    from all sketches grows for `generations`, by `children` of the best `parents` each time.

    What breeding finds is also what the model is most wrong about, so a batch has other
    sources too: `near_share` are the neighbours of the `near` best, and their like in other
    sketches, that score highest; `stranger_share` are the strangers that do; and some are
    drawn at random, `early_share` at first and `late_share` after `settled` trials. At most
    `alike_share` of what was bred are of one register tile.

    Where times are exact nothing is bred in a space of at most `rankable` candidates, limits
    aside: see `RankingStrategy`.
    """

    elites: int = 48
    strangers: int = 1024
    generations: int = 3
    parents: int = 96
    children: int = 384
    early_share: float = 0.6
    late_share: float = 0.1
    settled: int = 96
    alike_share: float = 0.25
    near_share: float = 0.25
    near: int = 4
    stranger_share: float = 0.3
    default_share: float = 0.5
    varied_share: float = 0.5
    countable: int = 50_000
    rankable: int = 1 << 18

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        task = history.task
        if task.is_deterministic and task.size <= self.rankable:
            return RankingStrategy().propose(count, history, scorer, rng)
        batch = Batch(count, history)
        if scorer is None or not history.measured:
            batch.add(defaults(task), ceil(self.default_share * count))
            varied = round(self.varied_share * count)
            batch.add(varied_defaults(task, 4 * varied, rng), varied)
        if scorer is not None:
            self._choose(batch, count, history, scorer, rng)
        fill_randomly(batch, task, rng)
        if batch.missing and task.size <= self.countable:
            batch.add(every_candidate(task))
        return batch.candidates

    def _choose(
        self,
        batch: Batch,
        count: int,
        history: History,
        scorer: Scorer,
        rng: np.random.Generator,
    ) -> None:
        task = history.task
        near = {*around(task, history.ranked(self.near))}
        population = Population(task.sketches, scorer)
        untried = [candidate for candidate in defaults(task) if history.is_new(candidate)]
        strangers = random_candidates(task, self.strangers, rng)
        known = [*history.ranked(self.elites), *untried, *strangers]
        population.add([*near, *(candidate.point for candidate in known)])
        for _ in range(self.generations):
            population.breed(self.parents, self.children, rng)
        chosen = count - round(self._random_share(history) * count)
        alike = max(1, round(self.alike_share * chosen))
        batch.add(population.ranked(near), round(self.near_share * chosen))
        drawn = {candidate.point for candidate in strangers}
        batch.add(_varied(population.ranked(drawn), alike), round(self.stranger_share * chosen))
        batch.add(_varied(population.ranked(), alike), chosen - len(batch.candidates))

    def _random_share(self, history: History) -> float:
        left = max(0.0, 1.0 - len(history.measured) / self.settled)
        return self.late_share + left * (self.early_share - self.late_share)


def _varied(ranked: Iterable[Candidate], alike: int) -> Iterator[Candidate]:
    """The candidates in their order, those of one register tile after `alike` of them last."""
    taken: Counter[tuple[int, ...]] = Counter()
    rest = []
    for candidate in ranked:
        tile = tuple(
            value
            for value, decision in zip(candidate.vector, candidate.sketch.decisions, strict=True)
            if decision.role in TILE_ROLES
        )
        taken[tile] += 1
        if taken[tile] <= alike:
            yield candidate
        else:
            rest.append(candidate)
    yield from rest
