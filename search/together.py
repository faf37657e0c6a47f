"""Tunes several tasks in one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace

from autosched.backends.base import Backend
from autosched.measure.measurer import Measurer
from autosched.search.events import Listener
from autosched.search.learning import Learner, learner
from autosched.search.result import TasksResult
from autosched.search.scheduler import TaskScheduler, WeightedTask
from autosched.search.strategies import SCORED, make_strategy
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.task import Task
from autosched.search.tuner import Tuner
from autosched.tuning_logs import Store

EARLY_SHARE = 0.3
"""The random part of a task's first rounds: half of what it is alone, as others teach the model."""


def tune_tasks(
    tasks: Sequence[WeightedTask],
    store: Store,
    *,
    trials: int | None = None,
    time_limit: float | None = None,
    strategy: str = "evolutionary",
    seed: int = 0,
    on_event: Listener | None = None,
    measurer: Measurer | None = None,
    in_network: bool = False,
) -> TasksResult:
    """Search schedules for all tasks, so that the sum of weight times time falls fastest.

    `trials` are those of all tasks together, `time_limit` is in seconds; with neither, every
    task is searched until there are no more candidates. `measurer` takes the place of this
    machine's, and is not closed. With `in_network` the tasks are kernels that run in turn, and
    each finds its constants in no cache. Raises MeasureError if no task can be measured.
    """
    chosen = make_strategy(strategy)
    if isinstance(chosen, EvolutionaryStrategy):
        chosen = replace(chosen, early_share=EARLY_SHARE)
    learners: dict[Backend, Learner] = {}
    with ExitStack() as stack:
        measurer_of = _opened(stack, in_network) if measurer is None else lambda task: measurer

        def tuner(task: Task, listener: Listener) -> Tuner:
            if task.backend not in learners and strategy in SCORED:
                learners[task.backend] = learner(task.backend, seed)
            known = learners.get(task.backend)
            made = Tuner(
                task,
                measurer_of(task),
                store,
                chosen,
                name=strategy,
                learn=known.learn if known else None,
                seed=seed,
                on_event=listener,
            )
            if known is not None:
                known.add(made.history)
            return made

        return TaskScheduler(tasks, tuner, on_event).run(trials, time_limit)


def _opened(stack: ExitStack, in_network: bool) -> Callable[[Task], Measurer]:
    """Return a function that gives a task its measurer, which the stack closes.

    Tasks of one backend and the same symbolic sizes share one: its workers start once. Inputs
    that a user gave belong to one workload.
    """
    shared: dict[tuple[Backend, tuple[tuple[str, int], ...]], Measurer] = {}

    def measurer_of(task: Task) -> Measurer:
        key = task.backend, tuple(sorted(task.sizes.items()))
        is_own = task.workload.given_inputs is not None
        if not is_own and key in shared:
            return shared[key]
        made = stack.enter_context(
            closing(task.backend.measurer(task.form, task.sizes, in_network))
        )
        if not is_own:
            shared[key] = made
        return made

    return measurer_of
