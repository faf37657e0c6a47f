"""The progress of a run at times that a test chooses."""

from __future__ import annotations

from typing import Any

from autosched.backends.cpu.speed import PeakSpeed
from autosched.search.events import TrialDone
from autosched.search.progress import Standing


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def trial(number: int, best_ns: float | None, outcome: str = "ok", **failures: int) -> TrialDone:
    return TrialDone(number, 20, outcome, "", best_ns, 30.0, best_ns, failures)


def standing(clock: Clock, **changes: Any) -> Standing:
    return Standing(PeakSpeed(1000, 10.0), 20, clock=clock, **changes)
