"""Chooses the schedule of a workload: the best one known, or a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import replay
from autosched.search.applying import applying, replayed
from autosched.search.task import Task
from autosched.search.transfer import nearest
from autosched.tuning_logs import Store, TrialRecord

Origin = Literal["tuned", "nearest", "default"]


@dataclass(frozen=True)
class Choice:
    """A schedule for a task, and its origin.

    It is `tuned` if it was measured for this workload, target and thread count, `nearest`
    if it was for another thread count or for a workload of the same structure at other
    sizes, and `default` if nothing is known. `trial` is its measurement, None for a default;
    `reason` is a sentence for the log.
    """

    schedule: Schedule
    origin: Origin
    reason: str
    trial: TrialRecord | None = None


def choose(task: Task, store: Store | None) -> Choice:
    """Return the best schedule for `task` that is stored, or adapted from a stored one."""
    return next(choices(task, store))


def choices(task: Task, store: Store | None) -> Iterator[Choice]:
    """Yield the choices for `task`, the best first; the last are defaults."""
    if store is not None:
        for trial, schedule in applying(task, store, task.threads):
            yield Choice(schedule, "tuned", f"tuned, {_time(trial)} when measured", trial)
        for trial, schedule in applying(task, store):
            if trial.threads != task.threads:
                yield Choice(schedule, "nearest", f"tuned for {trial.threads} threads", trial)
        yield from _related(task, store)
        yield from _nearest(task, store)
    yield from _defaults(task)


def _related(task: Task, store: Store) -> Iterator[Choice]:
    """Yield the schedules that were tuned for related targets."""
    for text, reason in task.backend.related():
        for trial, schedule in applying(task, store, task.threads, text):
            yield Choice(schedule, "nearest", reason, trial)


def _nearest(task: Task, store: Store) -> Iterator[Choice]:
    for candidate, relative in nearest(task, store):
        name = f"{relative.workload.name} {relative.workload.params}"
        schedule = replayed(task, candidate.trace)
        if task.backend.fits(task.form, schedule):
            reason = f"adapted from the best one of {name}"
            yield Choice(schedule, "nearest", reason, relative.best)


def _defaults(task: Task) -> Iterator[Choice]:
    """Yield the default of the first sketch, if it fits, then the plain schedule."""
    sketch = task.sketches[0]
    schedule = replay(task.workload.outputs, sketch.bind(sketch.default))
    reason = "nothing was tuned for it"
    if task.backend.fits(task.form, schedule):
        yield Choice(schedule, "default", reason)
    yield Choice(task.backend.plain_schedule(task.form), "default", reason)


def _time(trial: TrialRecord) -> str:
    return f"{(trial.time_ns or 0.0) / 1e3:.4g} µs"
