"""`autosched db plot`: a task's tuning curve and roofline as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from autosched.cli.options import (
    database_path,
    identity,
    machine,
    machine_options,
    opened,
    resolved,
    size_option,
    sized,
    workload_arguments,
)
from autosched.cli.reply import Reply


@click.command("plot")
@workload_arguments
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.svg|FILE.png",
    help="The picture to write; by default the workload's name with .svg.",
)
@size_option
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    output: Path | None,
    sizes: Sequence[str],
    target: str,
    threads: int,
    tolerance: float | None,
    database: Path | None,
) -> Reply:
    """Draw how the search of WORKLOAD went, from the trials in the database.

    For this machine's processor a roofline stands beside the curve, with the machine's limits
    measured now, in about a second. Drawing takes matplotlib: pip install 'autosched[plot]'.
    """
    from autosched.api import as_task
    from autosched.cli.plots.files import check_picture
    from autosched.cli.plots.picture import draw_task

    instance = resolved(workload, parameters)
    path = output or Path(f"{instance.name}.svg")
    check_picture(path, database_path(database))
    given = sized(sizes, instance)
    task = as_task(instance, machine(target, threads, tolerance), threads, sizes=given)
    with opened(database) as store:
        count = draw_task(store, task, path)
    return Reply(
        {"workload": identity(task.workload, given), "file": str(path), "trials": count},
        f"{count} trials drawn in {path}",
    )
