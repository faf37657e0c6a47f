"""Which schedule to use for a workload: the best one known, or the default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from autosched.errors import LoweringError
from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import replay
from autosched.search.applying import applying, check_lowers, replayed
from autosched.search.task import Task, default_schedule, target_text
from autosched.search.transfer import nearest
from autosched.target.target import Target
from autosched.target.vta import VtaTarget
from autosched.tuning_logs import Store, TrialRecord

Origin = Literal["tuned", "nearest", "default"]


@dataclass(frozen=True)
class Choice:
    """A schedule for a task, and where it comes from.

    It is `tuned` if it was measured for this workload, target and thread count, `nearest`
    if it was for another thread count or for a workload of the same structure at other
    sizes, and `default` if nothing is known. `trial` is what was measured, None for a
    default; `reason` is a sentence for the log.
    """

    schedule: Schedule
    origin: Origin
    reason: str
    trial: TrialRecord | None = None


def choose(task: Task, store: Store | None) -> Choice:
    """The best schedule for `task` that `store` knows or lets guess."""
    return next(choices(task, store))


def choices(task: Task, store: Store | None) -> Iterator[Choice]:
    """What may be used for `task`, the best first; the last is the default."""
    if store is not None:
        for trial, schedule in applying(task, store, task.threads):
            yield Choice(schedule, "tuned", f"tuned, {_time(trial)} when measured", trial)
        for trial, schedule in applying(task, store):
            if trial.threads != task.threads:
                yield Choice(schedule, "nearest", f"tuned for {trial.threads} threads", trial)
        yield from _of_other_math(task, store)
        yield from _nearest(task, store)
    yield _default(task)


def _of_other_math(task: Task, store: Store) -> Iterator[Choice]:
    """What was tuned on this machine for float arithmetic with the other freedom."""
    if isinstance(task.target, Target):
        other = task.target.with_math("strict" if task.target.math == "fast" else "fast")
        for trial, schedule in applying(task, store, task.threads, target_text(other)):
            yield Choice(schedule, "nearest", "tuned with other float math", trial)


def _nearest(task: Task, store: Store) -> Iterator[Choice]:
    for candidate, relative in nearest(task, store):
        name = f"{relative.workload.name} {relative.workload.params}"
        schedule = replayed(task, candidate.trace)
        if _fits(task, schedule):
            reason = f"adapted from the best one of {name}"
            yield Choice(schedule, "nearest", reason, relative.best)


def _default(task: Task) -> Choice:
    sketch = task.sketches[0]
    schedule = replay(task.workload.outputs, sketch.bind(sketch.default))
    if not _fits(task, schedule):
        # What room a sketch needs is estimated; this one is tried out.
        schedule = default_schedule(task)
    return Choice(schedule, "default", "nothing was tuned for it")


def _fits(task: Task, schedule: Schedule) -> bool:
    """Whether an accelerator has room for it; a CPU always has."""
    if not isinstance(task.target, VtaTarget):
        return True
    try:
        check_lowers(task, schedule)
    except LoweringError:
        return False
    return True


def _time(trial: TrialRecord) -> str:
    return f"{(trial.time_ns or 0.0) / 1e3:.4g} µs"
