"""`autosched db best`: the fastest trial of each task."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.cli.options import (
    chosen_target_option,
    database_option,
    json_option,
    machine,
    opened,
    optional_workload_arguments,
    resolved,
)
from autosched.cli.reply import Reply, table
from autosched.errors import TargetError, WorkloadError
from autosched.search.text import duration

if TYPE_CHECKING:
    from autosched.ops.instance import WorkloadInstance
    from autosched.tuning_logs import Store, TaskSummary, WorkloadRecord


@click.command("best")
@optional_workload_arguments
@chosen_target_option
@database_option
@json_option
def command(
    workload: str | None, parameters: Sequence[str], target: str | None, database: Path | None
) -> Reply:
    """Show the fastest trial of each task, or of one WORKLOAD.

    A task is a workload, a target and a number of threads. The status is 1 where a WORKLOAD
    is given and has none.
    """
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
                machine_of(each["target"]),
            )
            for each in found
        ],
    )
    return Reply({"best": found}, text, 1 if wanted and not found else 0)


def named(params: dict[str, Any]) -> str:
    """Parameters as a command line gives them."""
    return " ".join(f"{name}={value}" for name, value in params.items())


def params_of(workload: WorkloadRecord) -> dict[str, Any]:
    """The parameters of a workload; none where a broken file has something else there."""
    params = _plain(workload.params)
    return params if isinstance(params, dict) else {}


def _plain(text: str) -> Any:
    """The value of a JSON text; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def machine_of(target: str) -> str:
    """The processor that the text of a target names; of an accelerator its sizes and preset."""
    if target.startswith("vta "):
        options = dict(word.partition("=")[::2] for word in target.split()[1:])
        return f"vta {options.get('-preset', '')} {options.get('-config', '')}"
    return next((w.removeprefix("-cpu=") for w in target.split() if w.startswith("-cpu=")), target)


def tasks_of(store: Store, target: str | None) -> list[TaskSummary]:
    """The tasks of the target that a command line names, or of all."""
    if target is None:
        return store.tasks()
    from autosched.search.task import target_text

    wanted = target_text(machine(target, 0))
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
    """Whether the workload was tuned in the task, packed where an accelerator needs it so."""
    from autosched.search.task import Task, is_content_of
    from autosched.target.vta import parse_vta

    if not task.target.startswith("vta "):
        return is_content_of(task.workload.content, workload)
    try:
        packed = Task.on_accelerator(workload, parse_vta(shlex.split(task.target), task.target))
    except (TargetError, WorkloadError):  # its preset's file is gone; it has no packed form
        return False
    return packed.key == task.workload.key


def described(task: TaskSummary) -> dict[str, Any]:
    """A task as a document has it."""
    return {
        "workload": task.workload.name,
        "params": params_of(task.workload),
        "key": task.workload.key,
        "target": task.target,
        "threads": task.threads,
        "trials": task.trials,
    }
