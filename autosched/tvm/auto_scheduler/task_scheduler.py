"""Several tasks in one search."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any

from autosched.api import opened
from autosched.errors import WorkloadError
from autosched.measure.measurer import Measurer, Report
from autosched.measure.outcome import Outcome
from autosched.search.scheduler import WeightedTask
from autosched.search.together import tune_tasks
from autosched.tvm.auto_scheduler.search_task import Reporter, SearchTask, TuningOptions
from autosched.tvm.reporting import ReportingMeasurer


class TaskScheduler:
    """Shares trials among tasks, so that the sum of weight times time falls fastest."""

    def __init__(
        self,
        tasks: Sequence[SearchTask],
        task_weights: Sequence[float] | None = None,
        objective_func: Any = None,
        strategy: str = "gradient",
        load_model_file: str | None = None,
        load_log_file: str | None = None,
        callbacks: Any = None,
        **options: Any,
    ):
        self.tasks = list(tasks)
        self.task_weights = list(task_weights or [1.0] * len(self.tasks))
        if not self.tasks or len(self.task_weights) != len(self.tasks):
            raise WorkloadError(
                "expected tasks with a weight for each, "
                f"got {len(self.tasks)} tasks and {len(self.task_weights)} weights"
            )
        self.best_costs = [float("inf")] * len(self.tasks)

    def tune(
        self, tune_option: TuningOptions, search_policy: Any = "default", **options: Any
    ) -> None:
        """Measure new schedules of the tasks, as many as the options say in all.

        The search is the one of `autosched`; `search_policy` and other options have no effect.
        """
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
            measuring = _OfTasks(measurer, self.tasks, reporters)
            result = tune_tasks(
                weighted, store, trials=tune_option.num_measure_trials, measurer=measuring
            )
            for reporter in reporters:
                reporter.tell_best(store)
        self.best_costs = [(each.result.time_ns or float("inf")) / 1e9 for each in result.tasks]


class _OfTasks:
    """A measurer that gives what is measured to the callbacks, as of the task it belongs to."""

    def __init__(
        self, measurer: Measurer, tasks: Sequence[SearchTask], reporters: Sequence[Reporter]
    ):
        self._measurers = {
            task.search_task.text: ReportingMeasurer(measurer, reporter)
            for task, reporter in zip(tasks, reporters, strict=True)
        }

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        return self._measurers[workload].measure(workload, candidates, best_ns, report)

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        return self._measurers[workload].compare(workload, candidates, rounds)

    def close(self) -> None:
        """Do nothing: the caller closes the measurer."""
