"""`autosched db best`: the fastest trial of each task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.cli.options import (
    database_option,
    json_option,
    opened,
    optional_workload_arguments,
    resolved,
)
from autosched.cli.reply import Reply, duration, table

if TYPE_CHECKING:
    from autosched.ops.instance import WorkloadInstance
    from autosched.tuning_logs import Store, TaskSummary


@click.command("best")
@optional_workload_arguments
@database_option
@json_option
def command(workload: str | None, parameters: Sequence[str], database: Path | None) -> Reply:
    """Show the fastest trial of each task, or of one WORKLOAD.

    A task is a workload, a target and a number of threads. The status is 1 where a WORKLOAD
    is given and has none.
    """
    wanted = resolved(workload, parameters) if workload else None
    with opened(database) as store:
        found = list(_best(store, wanted))
    text = table(
        ("workload", "parameters", "threads", "time", "trials", "cpu"),
        [
            (
                each["workload"],
                named(each["params"]),
                each["threads"],
                duration(each["time_ns"]),
                each["trials"],
                cpu_of(each["target"]),
            )
            for each in found
        ],
    )
    return Reply({"best": found}, text, 1 if wanted and not found else 0)


def named(params: dict[str, Any]) -> str:
    """Parameters as a command line gives them."""
    return " ".join(f"{name}={value}" for name, value in params.items())


def cpu_of(target: str) -> str:
    """The processor that the text of a target names."""
    return next((w.removeprefix("-cpu=") for w in target.split() if w.startswith("-cpu=")), target)


def _best(store: Store, wanted: WorkloadInstance | None) -> Iterator[dict[str, Any]]:
    from autosched.search.task import is_content_of

    for task in store.tasks():
        if wanted is None or is_content_of(task.workload.content, wanted):
            trial = store.best(task.workload.key, task.target, task.threads)
            if trial is not None:
                yield {
                    **described(task),
                    "time_ns": trial.time_ns,
                    "repeats": len(trial.times_ns),
                    "measured": trial.created,
                    "trace": json.loads(trial.trace),
                }


def described(task: TaskSummary) -> dict[str, Any]:
    """A task as a document has it."""
    return {
        "workload": task.workload.name,
        "params": json.loads(task.workload.params),
        "key": task.workload.key,
        "target": task.target,
        "threads": task.threads,
        "trials": task.trials,
    }
