"""Checks that the schedules of stored trials still apply to their workloads."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from autosched.errors import AutoschedError, LoweringError, ScheduleError
from autosched.search.task import Task, tensors_of
from autosched.te import dag
from autosched.te.tensor import Tensor
from autosched.tuning_logs import Store, TrialRecord, WorkloadRecord

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule

logger = logging.getLogger("autosched")


def set_aside(task: Task, store: Store) -> None:
    """Mark the fastest trials in the store as `illegal` until one replays and lowers."""
    target = task.target_record.text
    while best := store.best(task.key, target, task.threads):
        try:
            task.backend.check_lowers(task.form, replayed(task, best.trace))
            return
        except (ScheduleError, LoweringError) as error:
            tell(task, best, error.message)
            took = f"{best.time_ns:.6g} ns were stored for it"
            store.refuse(best, "illegal", f"it does not apply: {error.message}; {took}")


def replayed(task: Task, trace: str) -> Schedule:
    """Return the schedule of a trace. Raises ScheduleError if it does not apply."""
    return _schedule(task.workload.outputs, trace)


def _schedule(outputs: Sequence[Tensor], trace: str) -> Schedule:
    from autosched.schedule.trace import from_json, replay  # late: code on disk needs no schedule

    return replay(outputs, from_json(trace))


class Replayer:
    """Replays stored schedules on their stored workloads."""

    def __init__(self) -> None:
        self._workload = ""
        self._outputs: list[Tensor] = []

    def why_not(self, workload: WorkloadRecord, trial: TrialRecord) -> str | None:
        """Return why the schedule of an `ok` trial does not apply; None if it does."""
        if trial.outcome != "ok":
            return None
        try:
            if self._workload != workload.key:
                self._outputs = dag.outputs(tensors_of(workload.content))
                self._workload = workload.key
            _schedule(self._outputs, trial.trace)
        except AutoschedError as error:
            return error.message
        return None


def unreplayable(store: Store) -> Iterator[str]:
    """Yield a sentence for each `ok` trial whose schedule does not apply."""
    replayer = Replayer()
    known = {workload.key: workload for workload in store.workloads()}
    for trial in store.trials():
        workload = known.get(trial.workload)
        reason = replayer.why_not(workload, trial) if workload else None
        if reason:
            yield f"trial {trial.trace_key}: its schedule does not apply: {reason}"


def tell(task: Task, trial: TrialRecord, reason: str) -> None:
    """Log a warning that a trial is ignored."""
    logger.warning(
        "%s: the stored trial %r is passed over, since it does not apply: %s",
        task.workload,
        trial.trace_key[:12],
        reason,
    )
