"""Random search: all sketches of some size are as likely, every choice within one too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate
from autosched.search.history import History
from autosched.search.strategies.base import Batch, Scorer
from autosched.search.task import Task

FEW = 16
"""Sketches of as many candidates or more are drawn evenly."""


@dataclass(frozen=True)
class RandomStrategy:
    """Draws candidates without looking at any result; the baseline of the others.

    After `attempts` draws in a row that found nothing new, a space of at most `countable`
    candidates is gone through in order, so that the last ones are found too.
    """

    attempts: int = 8
    countable: int = 50_000

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        batch = Batch(count, history)
        fill_randomly(batch, history.task, rng, self.attempts)
        if batch.missing and history.task.size <= self.countable:
            batch.add(every_candidate(history.task))
        return batch.candidates


def fill_randomly(batch: Batch, task: Task, rng: np.random.Generator, attempts: int = 8) -> None:
    """Add random candidates until the batch is full or `attempts` draws gave nothing new."""
    failed = 0
    while batch.missing and failed < attempts:
        before = batch.missing
        batch.add(random_candidates(task, batch.missing, rng))
        failed = failed + 1 if batch.missing == before else 0


def random_candidates(
    task: Task, count: int, rng: np.random.Generator, most_sketches: int | None = None
) -> list[Candidate]:
    """Up to `count` candidates of all sketches evenly, or of `most_sketches` drawn first.

    Sketches of very few candidates are drawn less often: there is little new in them.
    """
    total = len(task.sketches)
    shares = np.array([min(sketch.size, FEW) for sketch in task.sketches])
    chosen = rng.permutation(total)[:most_sketches]
    drawn_from = np.repeat(chosen, shares[chosen])
    drawn = np.bincount(rng.choice(drawn_from, size=count), minlength=total)
    found = [
        Candidate(sketch, number, tuple(map(int, vector)))
        for number, sketch in enumerate(task.sketches)
        if drawn[number]
        for vector in sketch.sample(rng, int(drawn[number]))
    ]
    return [found[position] for position in rng.permutation(len(found))]


def every_candidate(task: Task) -> Iterator[Candidate]:
    """All candidates, sketch by sketch."""
    for number, sketch in enumerate(task.sketches):
        for vector in _every_vector(sketch):
            yield Candidate(sketch, number, vector)


def _every_vector(sketch: Sketch) -> Iterator[tuple[int, ...]]:
    for vector in product(*(decision.choices for decision in sketch.decisions)):
        if sketch.holds(np.array([vector], dtype=np.int64).reshape(1, -1))[0]:
            yield vector
