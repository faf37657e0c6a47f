"""The events that a tuner reports, for a progress display."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autosched.search.result import TuneResult


@dataclass(frozen=True, slots=True)
class Begun:
    """The search starts: how many trials are wanted, and what the database knew already."""

    trials: int
    known: int
    best_ns: float | None


@dataclass(frozen=True, slots=True)
class RoundBegun:
    """A batch of `size` candidates is about to be measured; `learnt` if a model chose them."""

    number: int
    size: int
    learnt: bool


@dataclass(frozen=True, slots=True)
class TrialDone:
    """New measurement `number` of this run ended and is stored.

    `time_ns` is None unless `outcome` is `ok`. `best_ns` is the best known after it and
    `failures` counts the failures of this run by outcome.
    """

    number: int
    trials: int
    outcome: str
    reason: str
    time_ns: float | None
    build_ms: float
    best_ns: float | None
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FinalistsBegun:
    """The fastest candidates are about to be measured once more, in turn."""

    count: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The search is over."""

    result: TuneResult


Event = Begun | RoundBegun | TrialDone | FinalistsBegun | Finished
Listener = Callable[[Event], None]
"""Called with each event while nothing is being timed; what it raises ends the search."""
