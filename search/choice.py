"""Chooses the schedule of a workload: the best one known, or a default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Literal

from autosched.errors import ScheduleError
from autosched.search.applying import replayed, tell
from autosched.search.task import Task
from autosched.tuning_logs import Relative, Store, TrialRecord

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule

Origin = Literal["tuned", "nearest", "default"]

_CONSIDERED = 64
"""Trials considered at most, where the fastest do not apply."""


class _Unsuited(ScheduleError):
    """The schedule has no place here, which is nothing to tell."""

    def __init__(self) -> None:
        super().__init__("expected a schedule that suits the task, got another")


@dataclass(frozen=True, eq=False)
class Choice:
    """A schedule for a task, made when it is asked for, and its origin.

    It is `tuned` if it was measured for this workload, target and thread count, `nearest`
    if it was for another thread count or for a workload of the same structure at other
    sizes, and `default` if nothing is known. `trial` is its measurement, None for a default;
    `reason` is a sentence for the log. Of one task and one version of this package, equal
    `source` make equal schedules.
    """

    make: Callable[[], Schedule]
    origin: Origin
    reason: str
    source: str
    trial: TrialRecord | None = None

    @cached_property
    def schedule(self) -> Schedule:
        return self.make()

    @property
    def algorithm(self) -> str:
        """The name of the algorithm; empty where the operations are computed as written."""
        return ", ".join(step.algorithm for step in self.schedule.trace if step.algorithm)


IsKnown = Callable[[Choice], bool]


def choose(task: Task, store: Store | None) -> Choice:
    """Return the best schedule for `task` that is stored, or adapted from a stored one."""
    return next(choices(task, store))


def choices(
    task: Task,
    store: Store | None,
    is_known: IsKnown = lambda choice: False,
    in_network: bool = False,
) -> Iterator[Choice]:
    """Yield the choices for `task` that apply, the best first; the last are defaults.

    With `in_network` those that were timed inside a network come first. The schedule of a choice
    that `is_known` is not made. A trial of another version or from a broken file is skipped with
    a warning.
    """
    settled = _settled(task, store) if store is not None and in_network else iter(())
    stored = _stored(task, store) if store is not None else iter(())
    for choice in chain(settled, stored, _defaults(task)):
        if is_known(choice) or _applies(task, choice):
            yield choice


def _applies(task: Task, choice: Choice) -> bool:
    try:
        return choice.schedule is not None
    except _Unsuited:
        return False
    except ScheduleError as error:
        if choice.trial is None:
            raise
        tell(task, choice.trial, error.message)
        return False


def _settled(task: Task, store: Store) -> Iterator[Choice]:
    for trial in store.settled(task.key, task.target_record.text, task.threads):
        reason = f"tuned, the fastest of those timed in a network, {_time(trial)} alone"
        yield _replayed(task, trial, "tuned", reason)


def _stored(task: Task, store: Store) -> Iterator[Choice]:
    for trial in _top(task, store, task.threads):
        yield _replayed(task, trial, "tuned", f"tuned, {_time(trial)} when measured")
    for trial in _top(task, store):
        if trial.threads != task.threads:
            yield _replayed(task, trial, "nearest", f"tuned for {trial.threads} threads")
    for text, reason in task.backend.related():
        for trial in _top(task, store, task.threads, text):
            yield _replayed(task, trial, "nearest", reason)
    from autosched.search.transfer import relatives  # late: code on disk needs no schedule

    for relative in relatives(task, store):
        yield from _adapted(task, relative, store)


def _top(
    task: Task, store: Store, threads: int | None = None, target: str | None = None
) -> Iterator[TrialRecord]:
    """The fastest trials of a task, for the target `target` if it is not the task's own.

    The others are read where the first does not apply.
    """
    text = target or task.target_record.text
    fastest_of_all = store.top(task.key, text, 1, threads)
    yield from fastest_of_all
    if fastest_of_all:
        yield from store.top(task.key, text, _CONSIDERED, threads)[1:]


def _replayed(task: Task, trial: TrialRecord, origin: Origin, reason: str) -> Choice:
    return Choice(lambda: replayed(task, trial.trace), origin, reason, trial.trace, trial)


def _adapted(task: Task, relative: Relative, store: Store) -> Iterator[Choice]:
    """The schedules of a relative's fastest trials, up to the first that fits."""
    from autosched.search.transfer import adapt, fastest

    reason = f"adapted from the best one of {relative.workload}"
    for trial in fastest(task, relative, store):

        def make(trace: str = trial.trace) -> Schedule:
            candidate = adapt(task.sketches, trace)
            if candidate is None:
                raise _Unsuited
            return _fitting(task, replayed(task, candidate.trace))

        choice = Choice(make, "nearest", reason, f"adapted {trial.trace}", trial)
        yield choice
        if "schedule" in vars(choice):  # it was made
            return


def _defaults(task: Task) -> Iterator[Choice]:
    """Yield the default of the first sketch, if it fits, then the plain schedule."""

    def of_first_sketch() -> Schedule:
        from autosched.schedule.trace import replay

        sketch = task.best_guess
        return _fitting(task, replay(task.workload.outputs, sketch.bind(sketch.default)))

    reason = "nothing was tuned for it"
    yield Choice(of_first_sketch, "default", reason, "default")
    yield Choice(lambda: task.backend.plain_schedule(task.form), "default", reason, "plain")


def _fitting(task: Task, schedule: Schedule) -> Schedule:
    if not task.backend.fits(task.form, schedule):
        raise _Unsuited
    return schedule


def _time(trial: TrialRecord) -> str:
    return f"{(trial.time_ns or 0.0) / 1e3:.4g} µs"
