"""`autosched explain`: why a kernel is as fast as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from autosched.cli.chosen import built, default_kernel
from autosched.cli.options import (
    database_path,
    machine,
    machine_options,
    resolved,
    size_option,
    sized,
    workload_arguments,
)
from autosched.cli.plots.files import check_picture
from autosched.cli.reply import Reply
from autosched.cli.reported import reported


@click.command("explain")
@workload_arguments
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    metavar="FILE.svg|FILE.png",
    help="Draw the roofline with this kernel, the default schedule and other libraries.",
)
@size_option
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    picture: Path | None,
    sizes: Sequence[str],
    target: str,
    threads: int,
    tolerance: float | None,
    database: Path | None,
) -> Reply:
    """Explain the speed of WORKLOAD with the best schedule known.

    Tells the time that a second run of each loop nest adds, the time at the limits of arithmetic
    and of each level of memory, which of them binds, what the heaviest loops do, the
    instructions and spilled registers of the innermost loops of the machine code, and what to
    change. On an accelerator it is the report of a run.
    """
    from autosched.api import as_task
    from autosched.backends.reporter import RunRequest

    if picture is not None:
        check_picture(picture, database_path(database))
    instance = resolved(workload, parameters)
    given = sized(sizes, instance)
    backend = machine(target, threads, tolerance)
    task = as_task(instance, backend, 0, sizes=given)
    choice, kernel = built(task, database)
    request = RunRequest(task.form, given)
    if picture is not None:
        from autosched.cli.plots.picture import draw_explained, known_roofs

        known_roofs(task)
        beside = {} if choice.origin == "default" else {"default": default_kernel(task)}
        request = replace(request, peers=True, beside=beside)
    report = backend.reporter.explain(kernel, request, choice.schedule)
    if picture is not None:
        draw_explained(task, report.facts, picture)
        report = replace(report, lines={**report.lines, "plot": f"in {picture}"})
    drawn = {"plot": str(picture)} if picture else {}
    return reported(task, given, choice, report, drawn)
