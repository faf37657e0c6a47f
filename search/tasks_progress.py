"""The progress of a run over several tasks, and its lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from autosched.search.events import (
    Event,
    FinalistsBegun,
    NetworksBegun,
    NetworksTimed,
    TaskChanged,
    TasksBegun,
    TasksFinished,
    TaskStanding,
    TrialDone,
)
from autosched.search.progress import LINE_SECONDS
from autosched.text import counted, duration


@dataclass
class TasksProgress:
    """The progress of a run over several tasks, updated by its events."""

    time_limit: float | None = None
    clock: Callable[[], float] = time.monotonic
    tasks: list[TaskStanding] = field(default_factory=list)
    trials: int | None = None
    done: int = 0
    place: int | None = None
    stage: str = "starting"
    first_ns: float | None = None

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def follow(self, event: Event) -> bool:
        """Update the progress by an event; return whether a task became faster."""
        match event:
            case TasksBegun():
                self.tasks, self.trials = list(event.tasks), event.trials
                self._begun = self.clock()
            case TaskChanged():
                before = self.tasks[event.place].best_ns
                self.tasks[event.place] = event.task
                self.done, self.place = event.done, event.place
                self._name_stage(event)
                if self.first_ns is None:
                    self.first_ns = self.total_ns
                best = event.task.best_ns
                return best is not None and (before is None or best < before)
            case TasksFinished() | NetworksTimed():
                self.stage = "done"
            case NetworksBegun():
                self.stage = "timing the fastest and the default schedules in the network"
        return False

    def _name_stage(self, event: TaskChanged) -> None:
        if isinstance(event.event, TrialDone):
            self.stage = f"measuring {event.task.name}"
        elif isinstance(event.event, FinalistsBegun):
            self.stage = f"measuring the fastest of {event.task.name} again"

    @property
    def known_ns(self) -> float:
        """The total of the tasks that have a time."""
        return sum(task.total_ns for task in self.tasks)

    @property
    def total_ns(self) -> float | None:
        """The total of all tasks; None while one has no time."""
        return None if any(task.best_ns is None for task in self.tasks) else self.known_ns

    def share(self, task: TaskStanding) -> float | None:
        """The part of the total that a task takes."""
        return task.total_ns / self.known_ns if task.best_ns is not None else None

    @property
    def elapsed(self) -> float:
        return self.clock() - self._begun

    @property
    def trials_per_second(self) -> float | None:
        """Trials a second so far; None before the first trial."""
        return self.done / max(self.elapsed, 1e-9) if self.done else None

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds until the trials are done or the time is over; None if unknown."""
        pace = self.trials_per_second
        by_trials = (self.trials - self.done) / pace if pace and self.trials is not None else None
        by_time = None if self.time_limit is None else max(0.0, self.time_limit - self.elapsed)
        known = [left for left in (by_trials, by_time) if left is not None]
        return min(known, default=None)

    @property
    def total(self) -> str:
        """The total as text, with the first total of all tasks."""
        if self.total_ns is None:
            waiting = sum(task.best_ns is None for task in self.tasks)
            return f"{duration(self.known_ns)} and {counted(waiting, 'task')} without a time"
        first = f", {duration(self.first_ns)} at first" if self.first_ns else ""
        return duration(self.total_ns) + first

    @property
    def counted(self) -> str:
        """The number of trials done, and how many there are if that is known."""
        return str(self.done) if self.trials is None else f"{self.done}/{self.trials}"


class TaskLines:
    """Passes a line to `say` every few seconds, and for each task that became faster."""

    def __init__(self, progress: TasksProgress, say: Callable[[str], object]):
        self._progress = progress
        self._say = say
        self._last = float("-inf")

    def __enter__(self) -> TaskLines:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing: nothing is open."""

    def __call__(self, event: Event) -> None:
        better = self._progress.follow(event)
        progress = self._progress
        if isinstance(event, TasksBegun):
            known = sum(task.known for task in event.tasks)
            self._say(f"{counted(len(event.tasks), 'task')}, {counted(known, 'trial')} known")
        elif isinstance(event, NetworksBegun):
            self._say(progress.stage)
        elif isinstance(event, TaskChanged):
            now = progress.clock()
            if better or event.task.ending or now - self._last >= LINE_SECONDS:
                self._last = now
                self._say(self._line(event.task))

    def _line(self, task: TaskStanding) -> str:
        progress = self._progress
        share = progress.share(task)
        parts = [progress.counted, f"total {progress.total}", f"{task.name} x{task.weight:g}"]
        if share is not None:
            parts.append(f"{duration(task.best_ns)} ({share:.0%})")
        if task.ending:
            parts.append(task.ending)
        return "  ".join(parts)
