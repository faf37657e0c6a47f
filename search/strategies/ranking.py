"""Ranking: the model scores every candidate of a small space, and nothing is bred."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from weakref import WeakKeyDictionary

import numpy as np

from autosched.search.candidate import Candidate, Point
from autosched.search.history import History
from autosched.search.strategies.base import Batch, Scorer, random_share
from autosched.search.strategies.proposals import around, defaults
from autosched.search.task import Task


@dataclass(frozen=True)
class RankingStrategy:
    """Takes the highest scores of all candidates, and some candidates at random.

    The random share of a batch, drawn evenly from all sketches, is `early_share` at first and
    `late_share` after `settled` trials. Of the others, `near_share` are neighbours of the `near`
    fastest, since a model is wrong about what it never saw. In the first batch up to
    `default_share` are the defaults of the sketches.
    """

    early_share: float = 0.6
    late_share: float = 0.1
    settled: int = 96
    near_share: float = 0.25
    near: int = 4
    default_share: float = 0.5

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        batch = Batch(count, history)
        numbered = numbered_candidates(history.task)
        if not history.measured:
            batch.add(defaults(history.task), ceil(self.default_share * count))
        scores = None if scorer is None else numbered.scores(scorer)
        if scores is not None:
            drawn = random_share(history, self.early_share, self.late_share, self.settled)
            chosen = count - round(drawn * count)
            near = numbered.numbers(around(history.task, history.ranked(self.near)))
            best_near = near[np.argsort(-scores[near], kind="stable")]
            best = np.argsort(-scores, kind="stable")
            batch.add(numbered.candidates(best_near, scores), round(self.near_share * chosen))
            batch.add(numbered.candidates(best, scores), chosen - len(batch.candidates))
        batch.add(numbered.candidates(numbered.shuffled(rng), scores))
        return batch.candidates


class NumberedCandidates:
    """All candidates of a task, numbered through sketch after sketch."""

    def __init__(self, task: Task):
        self._sketches = task.sketches
        self._tables = [sketch.every for sketch in task.sketches]
        self._starts = np.cumsum([0, *map(len, self._tables)])

    def scores(self, scorer: Scorer) -> np.ndarray:
        """Return the score of every candidate, in the order of numbers."""
        pairs = zip(self._sketches, self._tables, strict=True)
        return np.concatenate([scorer.scores(*pair) for pair in pairs])

    def candidates(self, numbers: np.ndarray, scores: np.ndarray | None) -> Iterator[Candidate]:
        """Yield the candidates with these numbers."""
        places = np.searchsorted(self._starts, numbers, side="right") - 1
        for number, place in zip(numbers.tolist(), places.tolist(), strict=True):
            vector = tuple(self._tables[place][number - self._starts[place]].tolist())
            score = None if scores is None else float(scores[number])
            yield Candidate(self._sketches[place], place, vector, score)

    def numbers(self, points: Iterable[Point]) -> np.ndarray:
        """Return the numbers of the points in rising order, without points that break a limit."""
        known = self._numbers
        return np.array(sorted({known[point] for point in points if point in known}), np.int64)

    def shuffled(self, rng: np.random.Generator) -> np.ndarray:
        """Return all numbers in a random order in which sketches take turns."""
        sizes = map(len, self._tables)
        return np.argsort(np.concatenate([rng.permutation(n) + rng.random(n) for n in sizes]))

    @cached_property
    def _numbers(self) -> dict[Point, int]:
        points = (
            (place, tuple(vector))
            for place, table in enumerate(self._tables)
            for vector in table.tolist()
        )
        return {point: number for number, point in enumerate(points)}


_NUMBERED: WeakKeyDictionary[Task, NumberedCandidates] = WeakKeyDictionary()


def numbered_candidates(task: Task) -> NumberedCandidates:
    """Return the candidates of a task; they are listed once."""
    if task not in _NUMBERED:
        _NUMBERED[task] = NumberedCandidates(task)
    return _NUMBERED[task]
