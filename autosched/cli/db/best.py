"""`autosched db best`: the fastest trial of each task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.cli.options import (
    chosen_target_option,
    database_options,
    machine,
    opened,
    optional_workload_arguments,
    resolved,
)
from autosched.cli.reply import Reply
from autosched.errors import TargetError, WorkloadError
from autosched.text import duration, table

if TYPE_CHECKING:
    from autosched.ops.instance import WorkloadInstance
    from autosched.tuning_logs import Store, TaskSummary


@click.command("best")
@optional_workload_arguments
@chosen_target_option
@database_options
def command(
    workload: str | None, parameters: Sequence[str], target: str | None, database: Path | None
) -> Reply:
    """Show the fastest trial of each task, or of one WORKLOAD.

    A task is a workload, a target and a number of threads. The status is 1 where a WORKLOAD
    is given and has none.
    """
    from autosched.backends.parse import label

    wanted = resolved(workload, parameters) if workload else None
    with opened(database) as store:
        found = list(_best(store, wanted, target))
    text = table(
        ("workload", "parameters", "threads", "time", "trials", "machine"),
        [
            (
                each["workload"],
                named(each["params"]),
                each["threads"],
                duration(each["time_ns"]),
                each["trials"],
                label(each["target"]),
            )
            for each in found
        ],
    )
    return Reply({"best": found}, text, 1 if wanted and not found else 0)


def named(params: dict[str, Any]) -> str:
    """Return parameters as on a command line."""
    return " ".join(f"{name}={value}" for name, value in params.items())


def _plain(text: str) -> Any:
    """Return the value of a JSON text; None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def tasks_of(store: Store, target: str | None) -> list[TaskSummary]:
    """Return the tasks of the target that a command line names, or of all targets."""
    if target is None:
        return store.tasks()
    wanted = machine(target).key
    return [task for task in store.tasks() if task.target == wanted]


def _best(
    store: Store, wanted: WorkloadInstance | None, target: str | None
) -> Iterator[dict[str, Any]]:
    for task in tasks_of(store, target):
        if wanted is None or _is_of(task, wanted):
            trial = store.best(task.workload.key, task.target, task.threads)
            if trial is not None:
                yield {
                    **described(task),
                    "time_ns": trial.time_ns,
                    "repeats": len(trial.times_ns),
                    "measured": trial.created,
                    "trace": _plain(trial.trace),
                }


def _is_of(task: TaskSummary, workload: WorkloadInstance) -> bool:
    """Whether the workload, in the form that the task's target computes, was tuned in the task."""
    from autosched.backends.parse import form_on
    from autosched.search.task import is_content_of

    try:
        form = form_on(task.target, workload)
    except (TargetError, WorkloadError):  # its preset's file is gone; it has no form there
        return False
    return is_content_of(task.workload.content, form.workload)


def described(task: TaskSummary) -> dict[str, Any]:
    """Return a task as a JSON object."""
    return {
        "workload": task.workload.name,
        "params": task.workload.values,
        "key": task.workload.key,
        "target": task.target,
        "threads": task.threads,
        "trials": task.trials,
    }
