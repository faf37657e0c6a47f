"""Tasks of the auto-scheduler: a workload for a target, to be tuned by our search."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from autosched.api import opened
from autosched.errors import ScheduleError, WorkloadError
from autosched.measure.outcome import Outcome
from autosched.schedule.trace import to_json, to_python
from autosched.search.choice import choose
from autosched.search.learning import learner
from autosched.search.strategies import SCORED, make_strategy
from autosched.search.tuner import Tuner
from autosched.tvm.auto_scheduler.compute_dag import ComputeDAG
from autosched.tvm.auto_scheduler.log import load_best_record
from autosched.tvm.auto_scheduler.measure import MeasureInput, State, result_of
from autosched.tvm.auto_scheduler.policy import SketchPolicy
from autosched.tvm.auto_scheduler.task import KeyedTask
from autosched.tvm.auto_scheduler.workload_registry import make_workload_key
from autosched.tvm.reporting import ReportingMeasurer


@dataclass
class HardwareParams:
    """Numbers of a machine. They have no effect: the target describes it."""

    num_cores: int = 0
    vector_unit_bytes: int = 0
    cache_line_bytes: int = 0


@dataclass
class TuningOptions:
    """How many schedules are measured, and who hears of them; the others have no effect."""

    num_measure_trials: int = 0
    early_stopping: int | None = None
    num_measures_per_round: int = 64
    verbose: int = 1
    builder: Any = "local"
    runner: Any = "local"
    measure_callbacks: Sequence[Any] | None = field(default_factory=list)


class SearchTask(KeyedTask):
    """A workload, by its function and arguments or by its key, for a target."""

    def __init__(
        self,
        func: Any = None,
        args: Any = None,
        compute_dag: ComputeDAG | None = None,
        workload_key: str | None = None,
        target: Any = None,
        target_host: Any = None,
        hardware_params: Any = None,
        layout_rewrite_option: Any = None,
        task_inputs: Mapping[str, Any] | Sequence[str] | None = None,
        task_inputs_overwrite: bool = False,
        task_inputs_save_to_file: bool = False,
        desc: str = "",
    ):
        if func is None and workload_key is None:
            raise WorkloadError("expected a function with arguments or a workload key, got none")
        key = workload_key or make_workload_key(func, args)
        given = task_inputs if isinstance(task_inputs, Mapping) else {}
        super().__init__(key, target, compute_dag, given)
        self.hardware_params = hardware_params
        self.desc = desc
        self.task_input_names = list(task_inputs or ())

    def tune(
        self, tuning_options: TuningOptions, search_policy: SketchPolicy | None = None
    ) -> None:
        """Measure new schedules, and give them to the callbacks in batches.

        The search goes on where another ended: the user's database has its trials.
        """
        policy = search_policy or SketchPolicy(self)
        task = self.search_task
        with (
            opened(None) as store,
            closing(task.backend.measurer(task.form, task.sizes)) as measurer,
        ):
            Tuner(
                task,
                ReportingMeasurer(measurer, self.reporter(tuning_options)),
                store,
                make_strategy(policy.strategy),
                name=policy.strategy,
                learn=learner(task.backend, 0).learn if policy.strategy in SCORED else None,
                seed=policy.seed,
            ).run(tuning_options.num_measure_trials)

    def reporter(self, options: TuningOptions) -> Any:
        """Return the function that gives traces and outcomes to the callbacks of the options."""

        def heard(traces: Sequence[str], outcomes: Sequence[Outcome]) -> None:
            now = time.time()
            inputs = [MeasureInput(self, State(trace)) for trace in traces]
            results = [result_of(outcome, now) for outcome in outcomes]
            for callback in options.measure_callbacks or ():
                callback(inputs, results)

        return heard

    def apply_best(
        self, log_file: str, include_compat: bool = False, layout_rewrite_option: Any = None
    ) -> tuple[Any, Any]:
        """Return the schedule of the fastest record of a log, and the tensors."""
        return self.compute_dag.apply_steps_from_state(self._best(log_file).state)

    def print_best(self, log_file: str, print_mode: str = "schedule") -> str:
        """Return the fastest schedule of a log as Python."""
        if print_mode != "schedule":
            raise ScheduleError(f"expected the mode schedule, got {print_mode!r}")
        return to_python(self.compute_dag.schedule_of(self._best(log_file).state.trace))

    def _best(self, log_file: str) -> MeasureInput:
        found, _ = load_best_record(log_file, self.workload_key)
        if found is None:
            raise ScheduleError(
                f"expected a record of the workload {self.workload_key} in {log_file}, got none",
                hint="tune it with measure_callbacks=[auto_scheduler.RecordToFile(log_file)]",
            )
        return found


def create_task(func: Any, args: Any, target: Any, hardware_params: Any = None) -> SearchTask:
    """Return the task of a function with arguments."""
    return SearchTask(func=func, args=args, target=target, hardware_params=hardware_params)


def auto_schedule(
    task: SearchTask,
    search_policy: SketchPolicy | None = None,
    tuning_options: TuningOptions | None = None,
) -> tuple[Any, Any]:
    """Tune a task, as TVM before version 0.8; return the best schedule known and the tensors."""
    task.tune(tuning_options or TuningOptions(), search_policy)
    with opened(None) as store:
        best = choose(task.search_task, store).schedule
    return task.compute_dag.schedule_of(to_json(best.trace)), task.compute_dag.tensors
