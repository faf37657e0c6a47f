"""Several tasks in one run, by the measurers of their backends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from autosched.backends.cpu.backend import CpuBackend
from autosched.search.scheduler import WeightedTask
from autosched.search.task import Task
from autosched.search.together import tune_tasks
from autosched.tuning_logs import MemoryStore
from tests.measure.replay import ReplayMeasurer
from tests.search.tasks import MACHINE, copy_task, made_up_measurer, matmul_task

OPENED: list[Any] = []


@dataclass(frozen=True)
class Replaying(CpuBackend):
    """A backend whose measurers are noted."""

    def measurer(self, form: Any, sizes: Any, in_network: bool = False) -> Any:
        task = Task(form, self, sizes)
        OPENED.append(made_up_measurer(task))
        OPENED[-1].close = lambda: OPENED.append("closed")
        return OPENED[-1]


def test_tasks_share_a_measurer_but_for_inputs_of_their_own() -> None:
    OPENED.clear()
    backend = Replaying(MACHINE.with_threads(1))
    shapes = [matmul_task(m).workload for m in (32, 48)]
    own = replace(copy_task().workload, given_inputs={})
    tasks = [WeightedTask(Task.of(workload, backend)) for workload in (*shapes, own)]
    tune_tasks(tasks, MemoryStore(), trials=0, strategy="random")
    assert [type(entry) for entry in OPENED] == [ReplayMeasurer, ReplayMeasurer, str, str]


def test_a_given_measurer_serves_all() -> None:
    task = matmul_task()
    store = MemoryStore()
    measurer = made_up_measurer(task)
    result = tune_tasks(
        [WeightedTask(task)], store, trials=20, strategy="random", measurer=measurer
    )
    assert result.trials == 20
    assert result.total_ns == result.tasks[0].result.time_ns
