"""`autosched db list`: the tasks that were tuned."""

from __future__ import annotations

from pathlib import Path

import click

from autosched.cli.db.best import described, named, tasks_of
from autosched.cli.options import chosen_target_option, database_options, opened
from autosched.cli.reply import Reply
from autosched.text import duration, table


@click.command("list")
@chosen_target_option
@database_options
def command(target: str | None, database: Path | None) -> Reply:
    """List the tasks that were tuned: how many trials each has, and how many of them failed."""
    from autosched.backends.parse import label

    with opened(database) as store:
        tasks = tasks_of(store, target)
    document = [
        {**described(task), "failures": task.failures, "best_time_ns": task.best_time_ns}
        for task in tasks
    ]
    text = table(
        ("workload", "parameters", "threads", "trials", "failures", "best", "machine"),
        [
            (
                each["workload"],
                named(each["params"]),
                each["threads"],
                each["trials"],
                each["failures"],
                duration(each["best_time_ns"]),
                label(each["target"]),
            )
            for each in document
        ],
    )
    return Reply({"tasks": document}, text)
