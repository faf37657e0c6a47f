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
        """For each candidate of an (n, d) array a score; the higher, the faster."""
        ...


class Strategy(Protocol):
    """Proposes candidates of `history.task`.

    **Freshness.** Proposed candidates differ from each other and from all in `history`.
    Fewer than `count` are proposed only where fewer could be found; none means that the
    space is exhausted.

    **Legality.** Every proposed vector keeps the limits of its sketch.

    **Determinism.** The same arguments, with a generator in the same state, give the same
    candidates. A strategy keeps nothing from one call to the next but what it was made with.

    **Scorer.** None where nothing was learnt yet; a strategy may have no use for it.
    """

    def propose(
        self, count: int, history: History, scorer: Scorer | None, rng: np.random.Generator
    ) -> list[Candidate]:
        """Candidates to measure, the most promising first."""
        ...


class Batch:
    """New candidates as they are collected, each once."""

    def __init__(self, count: int, history: History):
        self._count = count
        self._history = history
        self._keys: set[str] = set()
        self.candidates: list[Candidate] = []

    @property
    def missing(self) -> int:
        return self._count - len(self.candidates)

    def add(self, candidates: Iterable[Candidate], most: int | None = None) -> None:
        """Take those that are new until `most` are taken, or the batch is full."""
        room = self.missing if most is None else min(most, self.missing)
        for candidate in candidates:
            if room <= 0:
                return
            if self._history.is_new(candidate) and candidate.key not in self._keys:
                self._keys.add(candidate.key)
                self.candidates.append(candidate)
                room -= 1
