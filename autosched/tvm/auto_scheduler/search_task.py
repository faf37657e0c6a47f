"""Tasks of the auto-scheduler: a workload for a target, to be tuned by our search."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autosched.api import opened
from autosched.errors import ScheduleError, WorkloadError
from autosched.measure.outcome import Outcome
from autosched.schedule.trace import to_json, to_python
from autosched.search.choice import choose
from autosched.search.learning import learner
from autosched.search.strategies import SCORED, make_strategy
from autosched.search.tuner import Tuner
from autosched.tuning_logs import Store, TrialRecord
from autosched.tvm.auto_scheduler.compute_dag import ComputeDAG
from autosched.tvm.auto_scheduler.log import load_log
from autosched.tvm.auto_scheduler.loop_state import State
from autosched.tvm.auto_scheduler.measure import (
    MeasureInput,
    PythonBasedMeasureCallback,
    result_of,
)
from autosched.tvm.auto_scheduler.policy import SketchPolicy, policy_of
from autosched.tvm.auto_scheduler.task import KeyedTask
from autosched.tvm.auto_scheduler.workload_registry import make_workload_key
from autosched.tvm.reporting import ReportingMeasurer


@dataclass
class HardwareParams:
    """Numbers of a machine. They have no effect: the target describes it."""

    num_cores: int = 0
    vector_unit_bytes: int = 0
    cache_line_bytes: int = 0
    max_shared_memory_per_block: int = 0
    max_local_memory_per_block: int = 0
    max_threads_per_block: int = 0
    max_vthread_extent: int = 0
    warp_size: int = 0
    target: Any = None
    target_host: Any = None


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

    def __post_init__(self) -> None:
        if self.num_measure_trials < 0:
            raise WorkloadError(
                f"expected 0 or more schedules to measure, got {self.num_measure_trials}"
            )


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
        self, tuning_options: TuningOptions, search_policy: SketchPolicy | str | None = None
    ) -> None:
        """Measure new schedules, and give them to the callbacks in batches.

        The search goes on where another ended: the user's database has its trials. The best of
        these is given to the callbacks last, unless this search measured it.
        """
        policy = policy_of(self, search_policy)
        task, reporter = self.search_task, Reporter(self, tuning_options)
        with (
            opened(None) as store,
            closing(task.backend.measurer(task.form, task.sizes)) as measurer,
        ):
            Tuner(
                task,
                ReportingMeasurer(measurer, reporter),
                store,
                make_strategy(policy.strategy),
                name=policy.strategy,
                learn=learner(task.backend, 0).learn if policy.strategy in SCORED else None,
                seed=policy.seed,
            ).run(tuning_options.num_measure_trials)
            reporter.tell_best(store)

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
        reading = load_log(log_file) if Path(log_file).is_file() else None
        found = reading.best(self.workload_key)[0] if reading else None
        if found is None:
            raise ScheduleError(
                f"expected a record of the workload {self.workload_key} in {log_file}, "
                f"got {'none' if reading else 'no such file'}",
                context=str(reading) if reading and reading.refused else None,
                hint="tune it with measure_callbacks=[auto_scheduler.RecordToFile(log_file)]",
            )
        return found


class Reporter:
    """Gives what a search measures to the callbacks of its options."""

    def __init__(self, task: SearchTask, options: TuningOptions):
        self._task = task
        self._callbacks = options.measure_callbacks or ()
        self._told: set[str] = set()

    def __call__(self, traces: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        now = time.time()
        tensors = self._task.compute_dag.tensors
        inputs = [MeasureInput(self._task, State(tensors, trace)) for trace in traces]
        results = [result_of(outcome, now) for outcome in outcomes]
        for callback in self._callbacks:
            if isinstance(callback, PythonBasedMeasureCallback):
                callback.callback(None, inputs, results)
            else:
                callback(inputs, results)
        self._told.update(traces)

    def tell_best(self, store: Store) -> TrialRecord | None:
        """Give the best trial of a database to the callbacks, if they have not heard of it."""
        task = self._task.search_task
        best = store.best(task.key, task.target_record.text, task.threads)
        if best is not None and best.trace not in self._told:
            self([best.trace], [Outcome("ok", "", best.times_ns)])
        return best


def create_task(func: Any, args: Any, target: Any, hardware_params: Any = None) -> SearchTask:
    """Return the task of a function with arguments."""
    return SearchTask(func=func, args=args, target=target, hardware_params=hardware_params)


def auto_schedule(
    task: SearchTask,
    search_policy: SketchPolicy | str | None = None,
    tuning_options: TuningOptions | None = None,
) -> tuple[Any, Any]:
    """Tune a task, as TVM before version 0.8; return the best schedule known and the tensors."""
    task.tune(tuning_options or TuningOptions(), search_policy)
    with opened(None) as store:
        best = choose(task.search_task, store).schedule
    return task.compute_dag.schedule_of(to_json(best.trace)), task.compute_dag.tensors
