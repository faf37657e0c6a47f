"""Short searches for tests."""

from __future__ import annotations

from collections.abc import Callable

from autosched.search.events import Event
from autosched.search.result import TuneResult
from autosched.search.strategies.random import RandomStrategy
from autosched.search.task import Task
from autosched.search.tuner import Tuner
from autosched.tuning_logs import Store
from tests.measure.replay import ReplayMeasurer
from tests.search.tasks import made_up_measurer, matmul_task


def run(
    store: Store,
    trials: int,
    *,
    task: Task | None = None,
    measurer: ReplayMeasurer | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> TuneResult:
    """Search with random candidates and made-up times."""
    task = task or matmul_task()
    measurer = measurer or made_up_measurer(task)
    tuner = Tuner(task, measurer, store, RandomStrategy(), seed=seed, on_event=on_event)
    return tuner.run(trials, time_limit)


def traces(store: Store) -> list[str]:
    """Return the traces of all stored trials, oldest first."""
    return [trial.trace for trial in store.trials()]
