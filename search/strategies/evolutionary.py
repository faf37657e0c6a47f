"""Evolutionary search: the model chooses among descendants of the best candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from autosched.search.candidate import Candidate
from autosched.search.history import History
from autosched.search.strategies.base import Batch, Scorer, random_share
from autosched.search.strategies.population import Population
from autosched.search.strategies.proposals import around, defaults, varied_defaults
from autosched.search.strategies.random import fill_randomly, random_candidates
from autosched.search.strategies.ranking import RankingStrategy

TILE_ROLES = ("vector", "unroll")
"""The roles of the decisions that give a register tile its shape."""


@dataclass(frozen=True)
class EvolutionaryStrategy:
    """Starts from the default of each sketch, then breeds candidates by their scores.

    Before there is a model, up to `default_share` of a batch are defaults, the best guesses
    first, and up to `varied_share` are variants of randomly chosen defaults. The rest is drawn
    from the whole space, so that searches with different seeds differ from the start.

    With a model, a population is made of the `elites` fastest candidates measured, the defaults
    not measured yet and a `random_pool` of candidates drawn from all sketches. It grows for
    `generations`, each time by `children` of the best `parents`.

    The model is most often wrong about bred candidates, so a batch has other sources too:

    - `near_share`: the highest scores among the neighbours of the `near` fastest;
    - `random_pool_share`: the highest scores in the random pool;
    - `early_share` at first, `late_share` after `settled` trials: drawn without a score.

    At most `alike_share` of the bred candidates have the same register tile.

    A space of at most `rankable` candidates, limits aside, is not bred where times are exact:
    see `RankingStrategy`.
    """

    elites: int = 48
    random_pool: int = 512
    generations: int = 2
    parents: int = 96
    children: int = 384
    early_share: float = 0.6
    late_share: float = 0.1
    settled: int = 96
    alike_share: float = 0.25
    near_share: float = 0.25
    near: int = 4
    random_pool_share: float = 0.3
    default_share: float = 0.5
    varied_share: float = 0.5
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
        if scorer is None:
            varied = round(self.varied_share * count)
            batch.add(varied_defaults(task, 4 * varied, rng), varied)
        if scorer is not None:
            self._choose(batch, count, history, scorer, rng)
        fill_randomly(batch, task, rng)
        return batch.candidates

    def _choose(
        self, batch: Batch, count: int, history: History, scorer: Scorer, rng: np.random.Generator
    ) -> None:
        task = history.task
        near = {*around(task, history.ranked(self.near))}
        population = Population(task.sketches, scorer)
        untried = [candidate for candidate in defaults(task) if history.is_new(candidate)]
        pool = {candidate.point for candidate in random_candidates(task, self.random_pool, rng)}
        known = [*history.ranked(self.elites), *untried]
        population.add([*near, *(candidate.point for candidate in known), *pool])
        for _ in range(self.generations):
            population.breed(self.parents, self.children, rng)
        drawn = random_share(history, self.early_share, self.late_share, self.settled)
        chosen = count - round(drawn * count)
        alike = max(1, round(self.alike_share * chosen))
        batch.add(population.ranked(near), round(self.near_share * chosen))
        pool_count = round(self.random_pool_share * chosen)
        batch.add(_varied(population.ranked(pool), alike), pool_count)
        batch.add(_varied(population.ranked(), alike), chosen - len(batch.candidates))


def _varied(ranked: Iterable[Candidate], alike: int) -> Iterator[Candidate]:
    """Yield the candidates in order, but move to the end those whose tile came `alike` times."""
    taken: Counter[tuple[int, ...]] = Counter()
    later = []
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
            later.append(candidate)
    yield from later
