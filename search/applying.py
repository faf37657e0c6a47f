"""Whether the schedule of a stored trial still applies to its workload."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from autosched.errors import LoweringError, ScheduleError
from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import from_json, replay
from autosched.search.task import Task
from autosched.target.vta import VtaTarget
from autosched.tuning_logs import Store, TrialRecord

logger = logging.getLogger("autosched")

_CONSIDERED = 64
"""Of the trials that do not apply, how many are passed over before all are given up."""


def applying(
    task: Task, store: Store, threads: int | None = None, target: str | None = None
) -> Iterator[tuple[TrialRecord, Schedule]]:
    """The fastest trials whose steps apply, fastest first, with their schedules.

    They are of the task's own target where none is named.

    Those of another version, or of a broken file, may not: they are passed over and told.
    """
    for trial in store.top(task.key, target or task.target_record.text, _CONSIDERED, threads):
        try:
            yield trial, replayed(task, trial.trace)
        except ScheduleError as error:
            tell(task, trial, error.message)


def set_aside(task: Task, store: Store) -> None:
    """Refuse the fastest trials in the store, as `illegal`, until one applies and lowers."""
    target = task.target_record.text
    while best := store.best(task.key, target, task.threads):
        try:
            check_lowers(task, replayed(task, best.trace))
            return
        except (ScheduleError, LoweringError) as error:
            tell(task, best, error.message)
            took = f"{best.time_ns:.6g} ns were stored for it"
            store.refuse(best, "illegal", f"it does not apply: {error.message}; {took}")


def replayed(task: Task, trace: str) -> Schedule:
    """The schedule of a trace. Raises ScheduleError where it does not apply."""
    return replay(task.workload.outputs, from_json(trace))


def check_lowers(task: Task, schedule: Schedule) -> None:
    """Raise LoweringError where the schedule has no loop nest, or no room on an accelerator."""
    workload = task.workload
    if isinstance(task.target, VtaTarget):
        from autosched.vta.lowering import lower_vta  # late: a CPU needs none of it
        from autosched.vta.machine import config_of

        lower_vta(schedule, workload.tensors, config_of(task.target))
    else:
        from autosched.lowering.lower import lower

        lower(schedule, [*workload.tensors, *workload.sizes])


def tell(task: Task, trial: TrialRecord, reason: str) -> None:
    """Say that a trial is passed over."""
    logger.warning(
        "%s: the stored trial %s is passed over, since it does not apply: %s",
        task.workload,
        trial.trace_key[:12],
        reason,
    )
