"""Several tasks in one search."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any

from autosched.api import opened
from autosched.errors import WorkloadError
from autosched.files import append_lines, write_whole
from autosched.measure.measurer import Measurer, Report
from autosched.measure.outcome import Outcome
from autosched.search.scheduler import WeightedTask
from autosched.search.together import tune_tasks
from autosched.tvm.auto_scheduler.search_task import Reporter, SearchTask, TuningOptions
from autosched.tvm.reporting import ReportingMeasurer

logger = logging.getLogger("auto_scheduler")

STRATEGIES = ("gradient", "round-robin")


class TaskScheduler:
    """Shares trials among tasks, so that the sum of weight times time falls fastest.

    With the strategy "round-robin" each task gets the same number of trials.
    """

    def __init__(
        self,
        tasks: Sequence[SearchTask],
        task_weights: Sequence[float] | None = None,
        objective_func: Any = None,
        strategy: str = "gradient",
        load_model_file: str | None = None,
        load_log_file: str | None = None,
        callbacks: Sequence[TaskSchedulerCallback] | None = None,
        **options: Any,
    ):
        self.tasks = list(tasks)
        self.task_weights = list(task_weights or [1.0] * len(self.tasks))
        if not self.tasks or len(self.task_weights) != len(self.tasks):
            raise WorkloadError(
                "expected tasks with a weight for each, "
                f"got {len(self.tasks)} tasks and {len(self.task_weights)} weights"
            )
        if strategy not in STRATEGIES:
            raise WorkloadError(f"expected a strategy, {' or '.join(STRATEGIES)}, got {strategy!r}")
        if objective_func is not None:
            logger.warning("objective_func is not used: the sum of weight times time is minimized")
        self.strategy = strategy
        self.callbacks = list(callbacks or ())
        self.best_costs = [float("inf")] * len(self.tasks)
        self.task_cts = [0] * len(self.tasks)
        self.tic = time.time()

    @property
    def cur_score(self) -> float:
        """The sum of weight times seconds; infinite until every task has a time."""
        return sum(map(float.__mul__, map(float, self.task_weights), self.best_costs))

    def tune(
        self, tune_option: TuningOptions, search_policy: Any = "default", **options: Any
    ) -> None:
        """Measure new schedules of the tasks, as many as the options say in all.

        The search is the one of `autosched`; `search_policy` and other options have no effect.
        """
        self.tic = time.time()
        pairs = zip(self.tasks, self.task_weights, strict=True)
        weighted = [
            WeightedTask(task.search_task, weight, task.desc or f"task {number}")
            for number, (task, weight) in enumerate(pairs)
        ]
        with ExitStack() as stack:
            store = stack.enter_context(opened(None))
            first = self.tasks[0].search_task
            measurer = stack.enter_context(closing(first.backend.measurer(first.form, first.sizes)))
            reporters = [Reporter(task, tune_option) for task in self.tasks]
            measuring = _OfTasks(measurer, self, reporters)
            for group, trials in self._shares(weighted, tune_option.num_measure_trials):
                tune_tasks(group, store, trials=trials, measurer=measuring)
            best = [reporter.tell_best(store) for reporter in reporters]
        times_ns = [trial.time_ns if trial else None for trial in best]
        self.best_costs = [float("inf") if ns is None else ns / 1e9 for ns in times_ns]

    def _shares(
        self, weighted: list[WeightedTask], trials: int
    ) -> list[tuple[list[WeightedTask], int]]:
        """Return the tasks that are tuned together, with the number of their trials."""
        if self.strategy == "gradient":
            return [(weighted, trials)]
        count = len(weighted)
        return [([task], (trials + count - 1 - n) // count) for n, task in enumerate(weighted)]


class TaskSchedulerCallback:
    """Base of what hears of each round of measurements of a task, by its place."""

    def pre_tune(self, task_scheduler: TaskScheduler, task_id: int) -> None:
        """Hear that a round begins."""

    def post_tune(self, task_scheduler: TaskScheduler, task_id: int) -> None:
        """Hear that a round is over."""


class PrintTableInfo(TaskSchedulerCallback):
    """Prints the best time, the speed and the trials of each task before a round."""

    def pre_tune(self, task_scheduler: TaskScheduler, task_id: int) -> None:
        print("|  ID  | Latency (ms) | Speed (GFLOPS) | Trials |")
        rows = zip(
            task_scheduler.tasks, task_scheduler.best_costs, task_scheduler.task_cts, strict=True
        )
        for place, (task, seconds, trials) in enumerate(rows):
            speed = task.compute_dag.flop_ct / seconds / 1e9
            print(f"| {place:4d} | {seconds * 1e3:12.3f} | {speed:14.2f} | {trials:6d} |")


class LogEstimatedLatency(TaskSchedulerCallback):
    """Writes the seconds since the start and the sum of weight times time after each round."""

    def __init__(self, log_file: str):
        self.log_file = log_file
        write_whole(log_file, "")

    def post_tune(self, task_scheduler: TaskScheduler, task_id: int) -> None:
        seconds = time.time() - task_scheduler.tic
        total, trials = task_scheduler.cur_score * 1e3, sum(task_scheduler.task_cts)
        row = f"ElapsedTime(s)\t{seconds:.0f}\tEstimatedLatency(ms)\t{total:.3f}\tTrials\t{trials}"
        append_lines(self.log_file, [row])


class _OfTasks:
    """A measurer that gives what is measured to the callbacks, as of the task it belongs to."""

    def __init__(self, measurer: Measurer, scheduler: TaskScheduler, reporters: Sequence[Reporter]):
        self._scheduler = scheduler
        self._places = {task.search_task.text: n for n, task in enumerate(scheduler.tasks)}
        self._measurers = [ReportingMeasurer(measurer, reporter) for reporter in reporters]

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        scheduler, place = self._scheduler, self._places[workload]
        for callback in scheduler.callbacks:
            callback.pre_tune(scheduler, place)
        outcomes = self._measurers[place].measure(workload, candidates, best_ns, report)
        seconds = [outcome.time_ns / 1e9 for outcome in outcomes if outcome.ok]
        scheduler.best_costs[place] = min([scheduler.best_costs[place], *seconds])
        scheduler.task_cts[place] += len(outcomes)
        for callback in scheduler.callbacks:
            callback.post_tune(scheduler, place)
        return outcomes

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        return self._measurers[self._places[workload]].compare(workload, candidates, rounds)

    def close(self) -> None:
        """Do nothing: the caller closes the measurer."""
