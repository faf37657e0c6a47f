"""`autosched db forget`: the trials of a workload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosched.cli.db.best import tasks_of
from autosched.cli.options import (
    changed,
    chosen_target_option,
    database_options,
    keyed,
    workload_arguments,
)
from autosched.cli.reply import DONE, FAILED, Reply

if TYPE_CHECKING:
    from autosched.tuning_logs import Store, WorkloadRecord


@click.command("forget")
@workload_arguments
@chosen_target_option
@database_options
def command(
    workload: str, parameters: Sequence[str], target: str | None, database: Path | None
) -> Reply:
    """Forget the trials of WORKLOAD, so that a later search may measure any of them again.

    WORKLOAD is a name or a key as the database has it, such as `db list` or `db stats` print;
    without parameters it stands for all of that name. The status is 1 where there is none.
    """
    wanted = keyed(parameters)
    with changed(database) as store:
        found = list(_matching(store, workload, wanted))
        targets = None if target is None else {task.target for task in tasks_of(store, target)}
        removed = sum(
            store.forget(each.key, text)
            for each in found
            for text in ([None] if targets is None else targets)
        )
    document = {"workloads": [each.key for each in found], "removed": removed}
    text = f"{removed} trials of {len(found)} workloads removed"
    return Reply(document, text, DONE if found else FAILED)


def _matching(store: Store, name: str, wanted: Mapping[str, str]) -> Iterator[WorkloadRecord]:
    for workload in store.workloads():
        params = {key: str(value).lower() for key, value in workload.values.items()}
        is_named = workload.name == name or (len(name) >= 8 and workload.key.startswith(name))
        if is_named and all(params.get(key) == value.lower() for key, value in wanted.items()):
            yield workload
