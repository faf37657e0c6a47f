"""`autosched tune` of several tasks at once: those of a model, or of a suite file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.cli.faults import documents, told
from autosched.cli.given import GivenModel
from autosched.cli.options import identity, opened
from autosched.cli.reply import DONE, FAILED, INTERRUPTED, Reply
from autosched.text import counted, duration, pairs, table

if TYPE_CHECKING:
    from autosched.backends.base import Backend
    from autosched.cli.live import LiveTasks
    from autosched.search.result import TaskResult, TasksResult
    from autosched.search.tasks_progress import TaskLines

TRIALS_EACH = 64
"""The trials of a task where neither trials nor a time limit are given."""


@dataclass(frozen=True)
class TasksRequest:
    """The options of a search for several tasks.

    `source` is the file of the model or the suite.
    """

    source: Path
    backend: Backend
    database: Path
    trials: int | None
    time_limit: float | None
    strategy: str
    seed: int

    def budget(self, tasks: int) -> int | None:
        """The trials of all tasks; None if time alone ends the search."""
        if self.trials is None and self.time_limit is None:
            return TRIALS_EACH * tasks
        return self.trials


def tune_suite(request: TasksRequest) -> Reply:
    """Tune the workloads of a suite file."""
    from autosched.api import as_task
    from autosched.ops.suite import read_suite
    from autosched.search.scheduler import WeightedTask
    from autosched.search.together import tune_tasks

    tasks = [
        WeightedTask(as_task(entry.workload, request.backend, 0, sizes=entry.sizes), entry.weight)
        for entry in read_suite(request.source)
    ]
    with opened(request.database, read_only=False) as store:
        return _tuned(partial(tune_tasks, tasks, store), len(tasks), request, "suite")


def tune_model(request: TasksRequest, given: GivenModel) -> Reply:
    """Tune the kernels of a model at these sizes, and for these inputs that decide shapes."""
    from autosched.models import model_of

    graph = given.graph()
    arrays = given.arrays(graph)
    with opened(request.database, read_only=False) as store:
        model = model_of(graph, request.backend, store, fallback=given.whole)
        model.prepared(arrays)
        return _tuned(model.tune, len(model.tasks), request, "model")


def _tuned(tune: Callable[..., TasksResult], tasks: int, request: TasksRequest, kind: str) -> Reply:
    with _shown(request) as progress:
        result = tune(
            trials=request.budget(tasks),
            time_limit=request.time_limit,
            strategy=request.strategy,
            seed=request.seed,
            on_event=progress,
        )
    return _reply(result, request, kind)


def _shown(request: TasksRequest) -> TaskLines | LiveTasks:
    """Return a display of the progress on standard error: a table on a terminal, else lines."""
    from autosched.search.tasks_progress import TaskLines, TasksProgress

    progress = TasksProgress(request.time_limit)
    if not sys.stderr.isatty():
        return TaskLines(progress, partial(click.echo, err=True))
    from autosched.cli.live import LiveTasks

    return LiveTasks(progress, str(request.source))


def _reply(result: TasksResult, request: TasksRequest, kind: str) -> Reply:
    for task in result.tasks:
        if task.result.faults:
            click.echo(told(task.result.faults, task.result.session, request.database), err=True)
    total_ns = result.total_ns
    document = {
        kind: str(request.source),
        "target": request.backend.key,
        "threads": request.backend.threads,
        "database": str(request.database),
        "strategy": request.strategy,
        "seed": request.seed,
        "trials": result.trials,
        "elapsed_s": result.seconds,
        "ending": result.ending,
        "interrupted": result.interrupted,
        "total_ns": total_ns,
        "kept_defaults": result.kept_defaults,
        "faults": documents(result.faults),
        "tasks": [_described(task, total_ns) for task in result.tasks],
    }
    ending = {"time_limit": "; the time is over", "exhausted": "; there are no more candidates"}
    said = "; interrupted" if result.interrupted else ending.get(result.ending, "")
    head = pairs(
        {
            kind: request.source,
            "trials": f"{result.trials} in {result.seconds:.1f} s{said}",
            "total": duration(total_ns) if total_ns else _no_total(result),
            **kept(result),
            **request.backend.reporter.where,
            "database": request.database,
        }
    )
    return Reply(document, f"{head}\n\n{_table(result, total_ns)}", _status(result))


def kept(result: TasksResult) -> dict[str, str]:
    """A line on the tasks that keep their default schedule, if there are any."""
    count = result.kept_defaults
    if not count:
        return {}
    keep = "keeps its" if count == 1 else "keep their"
    return {"network": f"{counted(count, 'task')} {keep} default schedule, faster in the network"}


def _no_total(result: TasksResult) -> str:
    return "some tasks have no time" if result.tasks else "nothing to tune, as no step has a kernel"


def _described(task: TaskResult, total_ns: float | None) -> dict[str, Any]:
    result = task.result
    return {
        "name": task.name,
        "weight": task.weight,
        "workload": identity(result.workload),
        "trials": result.trials,
        "failures": dict(result.failures),
        "error": task.error,
        "time_ns": result.time_ns,
        "share": _share(task, total_ns),
        "gflops": result.gflops,
    }


def _table(result: TasksResult, total_ns: float | None) -> str:
    """Return a table with a row for each task, in the order of their parts of the total."""
    tasks = sorted(result.tasks, key=lambda task: -task.weight * (task.result.time_ns or 0.0))
    rows = []
    for task in tasks:
        share = _share(task, total_ns)
        failed = sum(task.result.failures.values())
        rows.append(
            [
                task.name,
                f"{task.weight:g}",
                task.error or duration(task.result.time_ns),
                "-" if share is None else f"{share:.1%}",
                "-" if task.result.gflops is None else f"{task.result.gflops:.1f}",
                task.result.trials,
                failed or "",
            ]
        )
    return table(["task", "times", "time", "share", "GFLOP/s", "trials", "failed"], rows)


def _share(task: TaskResult, total_ns: float | None) -> float | None:
    time_ns = task.result.time_ns
    return task.weight * time_ns / total_ns if time_ns and total_ns else None


def _status(result: TasksResult) -> int:
    if result.interrupted:
        return INTERRUPTED
    nothing = result.trials and all(task.result.best is None for task in result.tasks)
    return FAILED if result.faults or nothing else DONE
