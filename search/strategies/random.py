"""Random search: every sketch is equally likely, and so is every choice of a decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from autosched.search.candidate import Candidate
from autosched.search.history import History
from autosched.search.strategies.base import Batch, Scorer
from autosched.search.task import Task

FEW = 16
"""Sketches with fewer candidates are drawn less often."""

ATTEMPTS = 8
"""Draws in a row that find nothing new before drawing ends."""

COUNTABLE = 50_000
"""The most candidates of a space that is gone through when draws find nothing new."""


@dataclass(frozen=True)
class RandomStrategy:
    """Draws candidates without looking at results: the baseline for other strategies."""

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        batch = Batch(count, history)
        fill_randomly(batch, history.task, rng)
        return batch.candidates


def fill_randomly(batch: Batch, task: Task, rng: np.random.Generator) -> None:
    """Add random candidates until the batch is full or draws find nothing new.

    A space of at most `COUNTABLE` candidates is then gone through in order, so that the last
    ones are found too.
    """
    failed = 0
    while batch.missing and failed < ATTEMPTS:
        before = batch.missing
        batch.add(random_candidates(task, batch.missing, rng))
        failed = failed + 1 if batch.missing == before else 0
    if batch.missing and task.size <= COUNTABLE:
        batch.add(every_candidate(task))


def random_candidates(task: Task, count: int, rng: np.random.Generator) -> list[Candidate]:
    """Return up to `count` candidates, drawn evenly from the sketches.

    Sketches of very few candidates are drawn less often: there is little new in them.
    """
    total = len(task.sketches)
    shares = np.array([min(sketch.size, FEW) for sketch in task.sketches])
    shuffled = rng.permutation(total)
    drawn_from = np.repeat(shuffled, shares[shuffled])
    drawn = np.bincount(rng.choice(drawn_from, size=count), minlength=total)
    found = [
        Candidate(sketch, number, tuple(map(int, vector)))
        for number, sketch in enumerate(task.sketches)
        if drawn[number]
        for vector in sketch.sample(rng, int(drawn[number]))
    ]
    return [found[position] for position in rng.permutation(len(found))]


def every_candidate(task: Task) -> Iterator[Candidate]:
    """Yield all candidates, sketch by sketch."""
    for number, sketch in enumerate(task.sketches):
        for vector in sketch.every.tolist():
            yield Candidate(sketch, number, tuple(vector))
