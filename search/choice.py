"""Which schedule to use for a workload: the best one known, or the default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autosched.errors import LoweringError, ScheduleError
from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import from_json, replay
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
    return (store is not None and (_tuned(task, store) or _nearest(task, store))) or _default(task)


def _tuned(task: Task, store: Store) -> Choice | None:
    target = task.target_record.text
    exact = store.best(task.key, target, task.threads)
    trial = exact or store.best(task.key, target) or _of_other_math(task, store)
    if trial is None:
        return None
    try:
        schedule = _replayed(task, trial.trace)
    except ScheduleError:
        # A record of another version, whose steps no longer apply, is as good as none.
        return None
    if exact:
        return Choice(schedule, "tuned", f"tuned, {_time(trial)} when measured", trial)
    how = f"for {trial.threads} threads" if trial.target == target else "with other float math"
    return Choice(schedule, "nearest", f"tuned {how}", trial)


def _of_other_math(task: Task, store: Store) -> TrialRecord | None:
    """The best trial on this machine whose float arithmetic had the other freedom."""
    if not isinstance(task.target, Target):
        return None
    other = task.target.with_math("strict" if task.target.math == "fast" else "fast")
    return store.best(task.key, target_text(other), task.threads)


def _nearest(task: Task, store: Store) -> Choice | None:
    found = nearest(task, store)
    if found is None:
        return None
    candidate, relative = found
    name = f"{relative.workload.name} {relative.workload.params}"
    schedule = _replayed(task, candidate.trace)
    if not _fits(task, schedule):
        return None
    return Choice(schedule, "nearest", f"adapted from the best one of {name}", relative.best)


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
    from autosched.vta.lowering import lower_vta  # late: choosing for a CPU needs none of it
    from autosched.vta.machine import config_of

    try:
        lower_vta(schedule, task.workload.tensors, config_of(task.target))
    except LoweringError:
        return False
    return True


def _replayed(task: Task, trace: str) -> Schedule:
    return replay(task.workload.outputs, from_json(trace))


def _time(trial: TrialRecord) -> str:
    return f"{(trial.time_ns or 0.0) / 1e3:.4g} µs"
