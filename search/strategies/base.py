"""The contract of a strategy: which candidates to measure next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate
from autosched.search.history import History


class Scorer(Protocol):
    """Predicts how fast candidates are."""

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        """Return a score for each candidate of an (n, d) array; higher is faster."""
        ...


class Strategy(Protocol):
    """Proposes candidates of `history.task`.

    **New.** Proposed candidates differ from each other and from all in `history`. Fewer than
    `count` are proposed only where no more were found; none means that the space is exhausted.

    **Legal.** Every proposed vector keeps the limits of its sketch.

    **Deterministic.** The same arguments, with a generator in the same state, give the same
    candidates. A strategy keeps no state between calls except its parameters.

    **Scorer.** None until a model is fitted. A strategy may ignore it.
    """

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        """Return candidates to measure, the most promising first."""
        ...


class Batch:
    """Collects up to `count` new candidates, each once."""

    def __init__(self, count: int, history: History):
        self._count = count
        self._history = history
        self._keys: set[str] = set()
        self.candidates: list[Candidate] = []

    @property
    def missing(self) -> int:
        return self._count - len(self.candidates)

    def add(self, candidates: Iterable[Candidate], most: int | None = None) -> None:
        """Take new candidates until `most` are taken or the batch is full."""
        left = self.missing if most is None else min(most, self.missing)
        for candidate in candidates:
            if left <= 0:
                return
            if self._history.is_new(candidate) and candidate.key not in self._keys:
                self._keys.add(candidate.key)
                self.candidates.append(candidate)
                left -= 1


def random_share(history: History, early: float, late: float, settled: int) -> float:
    """Return how much of a batch to draw at random: `early` at first, `late` after `settled`."""
    left = max(0.0, 1.0 - len(history.measured) / settled)
    return late + left * (early - late)
