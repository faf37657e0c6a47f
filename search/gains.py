"""The expected gain of a task, by which a scheduler shares its trials."""

from __future__ import annotations

from collections.abc import Sequence

OUTLOOK = 1.3
"""After n trials a task is expected to be `OUTLOOK / n` slower than it will ever be: 8 % after
16 trials, 2 % after 64, as on 48 kernels of one CPU."""

TRUST = 0.6
"""The weight of the recent gain of a task; the rest is the weight of the outlook."""


def expected_gain(times_ns: Sequence[float], size: int, reached_ns: float = float("inf")) -> float:
    """Return the share of a task's time that the next `size` trials are expected to save.

    `times_ns` are those of its trials in order, infinite for failures. Without a time nothing is
    known of the gain: it is 0. `reached_ns` is its time at the speed that a similar task has
    reached; the gap to that is expected to close as trials double.
    """
    done = len(times_ns)
    best = min(times_ns, default=float("inf"))
    if best == float("inf"):
        return 0.0
    outlook = OUTLOOK / done - OUTLOOK / (done + size)
    outlook += max(0.0, 1 - reached_ns / best) * size / (done + size)
    return TRUST * _recent(times_ns, best, size) + (1 - TRUST) * outlook


def _recent(times_ns: Sequence[float], best: float, size: int) -> float:
    """Return the share that `size` trials would save at the rate of the later half of the trials.

    A curve that falls as 1 / n falls half as fast at the end of that half as on average in it.
    """
    done = len(times_ns)
    before = min(times_ns[: done - done // 2])
    if before == float("inf") or not done // 2:
        return 0.0
    saved = (before - best) / before
    return saved * min(1.0, size / done)
