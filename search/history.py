"""What a search knows: every candidate of a task that was measured, by whomever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from autosched.search.candidate import Candidate, Point, find_candidate
from autosched.search.task import Task
from autosched.tuning_logs import TrialRecord


@dataclass(frozen=True, slots=True)
class Measured:
    """A candidate and its time; infinite where it has none."""

    candidate: Candidate
    time_ns: float


class History:
    """The trials of one task. Strategies read it; only the tuner writes to it."""

    def __init__(self, task: Task):
        self.task = task
        self.measured: list[Measured] = []
        self.keys: set[str] = set()
        self.points: set[Point] = set()
        self.failures: Counter[str] = Counter()
        self.best_ns = float("inf")

    def load(self, trials: Iterable[TrialRecord]) -> None:
        """Add what a database knows. Traces of no sketch count as measured and no more."""
        for trial in trials:
            self.keys.add(trial.trace_key)
            time_ns = trial.time_ns if trial.time_ns is not None else float("inf")
            self.best_ns = min(self.best_ns, time_ns)
            candidate = find_candidate(self.task.sketches, trial.trace)
            if candidate is not None:
                self._append(candidate, time_ns)

    def add(self, candidate: Candidate, outcome: str, time_ns: float) -> None:
        """Add a new trial; `time_ns` is infinite unless the outcome is `ok`."""
        self.keys.add(candidate.key)
        self.best_ns = min(self.best_ns, time_ns)
        if outcome != "ok":
            self.failures[outcome] += 1
        self._append(candidate, time_ns)

    def ranked(self, count: int) -> list[Candidate]:
        """The fastest candidates, at most `count` of them, fastest first."""
        timed = [m for m in self.measured if m.time_ns < float("inf")]
        timed.sort(key=lambda m: m.time_ns)
        return [m.candidate for m in timed[:count]]

    def throughputs(self) -> np.ndarray:
        """For each of `measured`, its speed as a share of the fastest one's; 0 for failures."""
        times = np.array([m.time_ns for m in self.measured], dtype=np.float64)
        if not np.isfinite(times).any():
            return np.zeros(len(times))
        return times.min() / times

    def is_new(self, candidate: Candidate) -> bool:
        """Nobody has measured it."""
        return candidate.point not in self.points and candidate.key not in self.keys

    def _append(self, candidate: Candidate, time_ns: float) -> None:
        self.points.add(candidate.point)
        self.measured.append(Measured(candidate, time_ns))
