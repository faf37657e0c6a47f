"""Finalists: the fastest trials measured once more, in turn, so that luck does not decide."""

from __future__ import annotations

from autosched.measure.measurer import Measurer
from autosched.search.task import Task
from autosched.tuning_logs import Store

FINALISTS = 5
_MOST_HEATS = 4


def settle_finalists(
    task: Task, measurer: Measurer, store: Store, count: int = FINALISTS, rounds: int = 10
) -> None:
    """Append repeats of the fastest trials to the store until the fastest is one of those.

    New times may put one that was not measured again at the top: it was lucky, or they were
    not. A trial that fails now keeps the times that it has.
    """
    target = task.target_record.text
    settled: set[str] = set()
    for _ in range(_MOST_HEATS):
        top = store.top(task.key, target, count, task.threads)
        if not top or top[0].trace_key in settled:
            return
        fresh = [trial for trial in top if trial.trace_key not in settled]
        outcomes = measurer.compare(task.text, [trial.trace for trial in fresh], rounds)
        for trial, outcome in zip(fresh, outcomes, strict=True):
            settled.add(trial.trace_key)
            if outcome.ok:
                store.add_times(trial, outcome.times_ns)
