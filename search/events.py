"""The events that a tuner reports, for a progress display."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autosched.search.result import TasksResult, TuneResult


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


@dataclass(frozen=True, slots=True)
class TaskStanding:
    """The state of one of several tasks.

    The task is computed `weight` times. `known` trials were known before the run, and `trials`
    are new. `best_ns` is the best known time, if there is one; `failures` counts the new failures
    by outcome. `ending` is the reason why the task gets no more trials, if it gets none.
    """

    name: str
    weight: float
    known: int
    trials: int
    best_ns: float | None
    failures: Mapping[str, int]
    ending: str = ""

    @property
    def total_ns(self) -> float:
        """The contribution to the total: weight times the best time; 0 if none is known."""
        return self.weight * (self.best_ns or 0.0)


@dataclass(frozen=True, slots=True)
class TasksBegun:
    """A search for several tasks starts; `trials` is None if only time ends it."""

    tasks: tuple[TaskStanding, ...]
    trials: int | None


@dataclass(frozen=True, slots=True)
class TaskChanged:
    """The state of one of several tasks, by its place in `TasksBegun`, changed.

    `done` counts the new trials of all tasks. `event` is the event of the task's own search, if
    that was the cause.
    """

    place: int
    task: TaskStanding
    done: int
    event: TrialDone | FinalistsBegun | None = None


@dataclass(frozen=True, slots=True)
class TasksFinished:
    """The search for several tasks is over."""

    result: TasksResult


@dataclass(frozen=True, slots=True)
class NetworksBegun:
    """The schedules that compete for each task are about to be timed inside the networks."""


@dataclass(frozen=True, slots=True)
class NetworksTimed:
    """The networks have been timed."""


Event = (
    Begun
    | RoundBegun
    | TrialDone
    | FinalistsBegun
    | Finished
    | TasksBegun
    | TaskChanged
    | TasksFinished
    | NetworksBegun
    | NetworksTimed
)
Listener = Callable[[Event], None]
"""Called with each event while nothing is being timed; what it raises ends the search."""
