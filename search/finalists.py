"""Measures the fastest trials again, in turn, so that noise does not decide."""

from __future__ import annotations

from collections.abc import Collection
from itertools import takewhile

from autosched.measure.measurer import Measurer
from autosched.measure.outcome import Outcome
from autosched.search.task import Task
from autosched.tuning_logs import Store

FINALISTS = 6
_MOST_HEATS = 4
_CONSIDERED = 100
_NEVER_RIGHT = ("wrong_result", "crashed")


def confirm_best(task: Task, measurer: Measurer, store: Store) -> None:
    """Refuse the fastest trials in the store until the result of one is confirmed.

    For machines whose times do not vary; their measurers check finalists more strictly. A trial
    that fails in another way, for example by a timeout, stays.
    """
    while best := store.best(task.key, task.target_record.text, task.threads):
        (outcome,) = measurer.compare(task.text, [best.trace])
        if outcome.kind != "wrong_result":
            return
        store.refuse(best, outcome.kind, outcome.reason)


def settle_finalists(
    task: Task,
    measurer: Measurer,
    store: Store,
    likely: Collection[str] = (),
    count: int = FINALISTS,
    rounds: int = 5,
) -> list[Outcome]:
    """Measure the fastest trials again until the fastest is one of them; store the repeats.

    Trials whose trace keys are in `likely` are measured too, in the first heat. New times may
    put trials first that were not measured again; then these have another heat. A trial that gives
    a wrong result or crashes is refused. One that fails otherwise, for example by a timeout,
    keeps its times. Returns the outcomes of the failures.
    """
    failed: list[Outcome] = []
    target = task.target_record.text
    settled: set[str] = set()
    for _ in range(_MOST_HEATS):
        ranked = store.top(task.key, target, _CONSIDERED, task.threads)
        if not ranked or ranked[0].trace_key in settled:
            return failed
        ahead = takewhile(lambda trial: trial.trace_key not in settled, ranked[:count])
        named = {trial.trace_key for trial in ahead} | ({*likely} - settled)
        fresh = [t for t in ranked if t.trace_key in named and t.trace_key not in settled]
        settled.update(trial.trace_key for trial in fresh)
        outcomes = measurer.compare(task.text, [trial.trace for trial in fresh], rounds)
        for trial, outcome in zip(fresh, outcomes, strict=True):
            if outcome.ok:
                store.add_times(trial, outcome.times_ns)
            elif outcome.kind in _NEVER_RIGHT:
                store.refuse(trial, outcome.kind, outcome.reason)
        failed += [outcome for outcome in outcomes if not outcome.ok]
    return failed
