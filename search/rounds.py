"""Rounds: candidates that are measured together, one round after another until time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from autosched.measure.measurer import Report
from autosched.measure.outcome import Outcome


@dataclass(frozen=True)
class Round:
    """Candidates that are being measured.

    `collect` waits for the outcomes of all `size` candidates, and `record` stores one. Where its
    measurer works in the background, another round may be begun after `early` outcomes.
    """

    size: int
    collect: Callable[[Report], list[Outcome]]
    record: Report
    early: int | None = None


class Deadline:
    """A time limit in seconds from now on; None is never over."""

    def __init__(self, seconds: float | None = None):
        self._begun = time.monotonic()
        self._end = self._begun + seconds if seconds is not None else float("inf")

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end

    @property
    def elapsed(self) -> float:
        """The seconds since the limit was set."""
        return time.monotonic() - self._begun


Begin = Callable[[], Round | None]
"""Begins the next round; returns None if there is none."""


def measure_rounds(begin: Begin, deadline: Deadline) -> bool:
    """Measure the rounds of `begin` until there is none or time is over; return whether it is.

    The next round is begun during one that lets it, so that no worker has to wait.
    """
    current = begin()
    while current is not None:
        try:
            current = _measured(current, begin, deadline)
        except _TimeUp:
            return True
    return False


def _measured(
    current: Round, begin: Callable[[], Round | None], deadline: Deadline
) -> Round | None:
    """Record the outcomes of a round; return the next one, which may be begun meanwhile."""
    following: Round | None = None
    is_begun = False

    def report(position: int, outcome: Outcome) -> None:
        nonlocal following, is_begun
        current.record(position, outcome)
        if deadline.is_over:
            raise _TimeUp
        if position + 1 == current.early:
            following, is_begun = begin(), True

    try:
        current.collect(report)
    except _TimeUp:
        if following is not None:  # nobody waits for it any more
            with suppress(_TimeUp):
                following.collect(_give_up)
        raise
    return following if is_begun else begin()


class _TimeUp(Exception):
    """Ends the measuring of a round."""


def _give_up(position: int, outcome: Outcome) -> None:
    raise _TimeUp
