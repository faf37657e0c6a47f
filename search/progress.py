"""The progress of a tuning run, and its lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from autosched.search.events import Event


class TimeText(Protocol):
    """Formats a time of the workload."""

    def text(self, time_ns: float) -> str: ...


LINE_SECONDS = 5.0
"""The pause between two lines while nothing improves."""


@dataclass
class Standing:
    """The progress of a run, updated by its events.

    `speed` formats times; `reason` is that of the last failure.
    """

    speed: TimeText
    trials: int
    time_limit: float | None = None
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    known: int = 0
    best_ns: float | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    stage: str = "starting"

    def __post_init__(self) -> None:
        self._begun = self.clock()
        self._measuring: float | None = None

    def follow(self, event: Event) -> bool:
        """Update the progress by an event; return whether the best time improved."""
        from autosched.search import events

        before = self.best_ns
        match event:
            case events.Begun():
                self.known, self.best_ns = event.known, event.best_ns
            case events.RoundBegun():
                self.stage = f"round {event.number}"
                self._measuring = self._measuring or self.clock()
            case events.TrialDone():
                self.done, self.best_ns = event.number, event.best_ns
                self.failures = event.failures
                self.reason = event.reason or self.reason
            case events.FinalistsBegun():
                self.stage = f"measuring the fastest {event.count} again"
            case events.Finished():
                self.stage = "done"
                self.best_ns = event.result.time_ns
        return self.best_ns is not None and (before is None or self.best_ns < before)

    @property
    def elapsed(self) -> float:
        return self.clock() - self._begun

    @property
    def trials_per_second(self) -> float | None:
        """Trials a second since the first round began; None before the first trial."""
        if self._measuring is None or not self.done:
            return None
        return self.done / max(self.clock() - self._measuring, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until the trials are done or the time is over; None if unknown."""
        pace = self.trials_per_second
        by_trials = (self.trials - self.done) / pace if pace else None
        by_time = None if self.time_limit is None else max(0.0, self.time_limit - self.elapsed)
        known = [left for left in (by_trials, by_time) if left is not None]
        return min(known, default=None)

    @property
    def best(self) -> str:
        """The best time so far as text."""
        if self.best_ns is None:
            return "nothing yet"
        return self.speed.text(self.best_ns)

    @property
    def failed(self) -> str:
        """The failures by kind as text."""
        kinds = sorted(self.failures.items())
        return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in kinds) or "none"


class LineProgress:
    """Passes a line to `say` when the best time improves, and every few seconds otherwise."""

    def __init__(self, standing: Standing, say: Callable[[str], object]):
        self._standing = standing
        self._say = say
        self._last = float("-inf")

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing: nothing is open."""

    def __call__(self, event: Event) -> None:
        from autosched.search.events import Begun, TrialDone

        better = self._standing.follow(event)
        standing = self._standing
        if isinstance(event, Begun) and standing.known:
            self._say(f"{standing.known} trials known, best {standing.best}")
        elif isinstance(event, TrialDone):
            now = standing.clock()
            if better or now - self._last >= LINE_SECONDS or standing.done == standing.trials:
                self._last = now
                self._say(_line(standing))


def _line(standing: Standing) -> str:
    pace = standing.trials_per_second
    parts = [f"{standing.done}/{standing.trials}", f"best {standing.best}"]
    if pace:
        parts.append(f"{pace:.1f} trials/s")
    if standing.failures:
        parts.append(f"failed: {standing.failed}")
    return "  ".join(parts)
