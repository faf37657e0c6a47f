"""The candidates of a task that were measured, by this run or another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from autosched.search.candidate import Candidate, Point, find_candidate
from autosched.search.task import Task
from autosched.tuning_logs import TrialRecord


@dataclass(frozen=True, slots=True)
class Measured:
    """A candidate and the least of its repeats, infinite if it failed.

    The least, because disturbances only make a measurement slower.
    """

    candidate: Candidate
    time_ns: float


class History:
    """The trials of one task. Strategies read it; only the tuner writes to it.

    `keys` has the keys of all measured traces, `points` the candidates of the task's sketches
    among them. `failures` counts failed trials by outcome. `best_ns` is the least median.
    """

    def __init__(self, task: Task):
        self.task = task
        self.measured: list[Measured] = []
        self.keys: set[str] = set()
        self.points: set[Point] = set()
        self.failures: Counter[str] = Counter()
        self.best_ns = float("inf")

    def load(self, trials: Iterable[TrialRecord]) -> None:
        """Add stored trials. A trace that belongs to no sketch only counts as measured."""
        for trial in trials:
            self.keys.add(trial.trace_key)
            self.best_ns = min(self.best_ns, _median(trial.times_ns))
            candidate = find_candidate(self.task.sketches, trial.trace)
            if candidate is not None:
                self._append(candidate, trial.times_ns)

    def add(self, candidate: Candidate, outcome: str, times_ns: Sequence[float]) -> None:
        """Add a new trial; it has times only if the outcome is `ok`."""
        self.keys.add(candidate.key)
        self.best_ns = min(self.best_ns, _median(times_ns))
        if outcome != "ok":
            self.failures[outcome] += 1
        self._append(candidate, times_ns)

    def claim(self, candidates: Iterable[Candidate]) -> None:
        """Mark candidates as being measured, so that they are not proposed again."""
        for candidate in candidates:
            self.keys.add(candidate.key)
            self.points.add(candidate.point)

    def ranked(self, count: int) -> list[Candidate]:
        """Return at most `count` of the fastest candidates, fastest first."""
        timed = [m for m in self.measured if m.time_ns < float("inf")]
        timed.sort(key=lambda m: m.time_ns)
        return [m.candidate for m in timed[:count]]

    def throughputs(self) -> np.ndarray:
        """Return the speed of each of `measured` as a share of the fastest; 0 for failures."""
        times = np.array([m.time_ns for m in self.measured], dtype=np.float64)
        if not np.isfinite(times).any():
            return np.zeros(len(times))
        return times.min() / times

    def is_new(self, candidate: Candidate) -> bool:
        """Whether the candidate has not been measured."""
        return candidate.point not in self.points and candidate.key not in self.keys

    def _append(self, candidate: Candidate, times_ns: Sequence[float]) -> None:
        self.points.add(candidate.point)
        self.measured.append(Measured(candidate, min(times_ns, default=float("inf"))))


def _median(times_ns: Sequence[float]) -> float:
    return median(times_ns) if times_ns else float("inf")
