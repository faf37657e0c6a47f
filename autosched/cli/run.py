"""`autosched run`: build with the best known schedule, check it, time it beside its peers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from autosched.cli.chosen import built, is_model
from autosched.cli.given import GivenModel
from autosched.cli.options import (
    database_path,
    machine,
    machine_options,
    model_options,
    resolved,
    sized,
    workload_arguments,
)
from autosched.cli.reply import Reply
from autosched.cli.reported import reported
from autosched.cli.run_model import ModelRequest, run_model


@click.command("run")
@workload_arguments
@click.option("--peers/--no-peers", default=True, help="Time NumPy and what else is installed.")
@click.option(
    "--timeline",
    "timelines",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE.svg|FILE.json",
    help="Write an accelerator's instructions over time: a picture, or a Chrome trace.",
)
@click.option(
    "--profile",
    is_flag=False,
    flag_value="",
    metavar="[FILE.json]",
    help="Time each step of a model; write a Chrome trace to the file.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="For the inputs of a model that are drawn.",
)
@model_options
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    peers: bool,
    timelines: Sequence[Path],
    profile: str | None,
    seed: int,
    inputs: Sequence[str],
    fallback: str | None,
    sizes: Sequence[str],
    target: str,
    threads: int,
    tolerance: float | None,
    database: Path | None,
) -> Reply:
    """Build WORKLOAD with the best schedule known, check its numbers, time it beside peers.

    WORKLOAD may be the file of a model, such as net.onnx: then its inputs are those of --input,
    the others are drawn, and libraries that read the file are timed beside.

    Times are medians of repeats taken in turn, calls from Python. Constants such as weights
    are bound, and packed, beforehand. The status is 1 where a number is wrong. On an
    accelerator the program is simulated, and its cycles are told in place of a time.
    """
    if is_model(workload):
        if parameters or timelines:
            raise click.UsageError("KEY=VALUE and --timeline go with a workload, not with a model")
        request = ModelRequest(
            GivenModel(Path(workload), inputs, sizes, fallback), seed, peers, profile
        )
        return run_model(request, machine(target, threads, tolerance), database)
    if inputs or fallback or profile is not None:
        raise click.UsageError("--input, --fallback and --profile go with the file of a model")
    from autosched.api import as_task
    from autosched.backends.reporter import RunRequest

    instance = resolved(workload, parameters)
    given = sized(sizes, instance)
    backend = machine(target, threads, tolerance)
    reporter = backend.reporter
    described_by = Path(target.partition(":")[2])  # a file, for some kinds of targets
    reporter.check_timelines(timelines, [database_path(database), described_by])
    task = as_task(instance, backend, 0, sizes=given)
    choice, kernel = built(task, database)
    report = reporter.run(kernel, RunRequest(task.form, given, peers, timelines))
    return reported(task, given, choice, report)
