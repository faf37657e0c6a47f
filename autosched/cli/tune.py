"""`autosched tune`: search schedules by measuring them, and keep the results."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from pathlib import Path

import click

from autosched.cli.alone import TaskRequest, tune_one
from autosched.cli.chosen import is_model
from autosched.cli.given import GivenModel
from autosched.cli.options import (
    database_path,
    machine,
    machine_options,
    model_options,
    optional_workload_arguments,
)
from autosched.cli.reply import Reply
from autosched.cli.together import TRIALS_EACH, TasksRequest, tune_model, tune_suite

STRATEGY_NAMES = ("evolutionary", "genetic", "random")
"""The names of the strategies; the search is not imported for `--help`."""

DEFAULT_TRIALS = 200
MAX_SECONDS = 1e9
MAX_SEED = 2**63 - 1
"""The greatest that a database keeps."""


@click.command("tune")
@optional_workload_arguments
@click.option(
    "--trials",
    type=click.IntRange(min=0),
    help=f"How many new candidates to measure: {DEFAULT_TRIALS} by default, and of a model or a "
    f"suite {TRIALS_EACH} for each task, or as many as --time-limit allows.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, max=MAX_SECONDS),
    help="Stop after so many seconds.",
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGY_NAMES),
    default=STRATEGY_NAMES[0],
    show_default=True,
    help="How to search.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    default=0,
    show_default=True,
    help="The same seed gives the same choices for the same times.",
)
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    metavar="FILE.svg|FILE.png",
    help="Draw the task's trials when done: a tuning curve, on a CPU a roofline too.",
)
@click.option(
    "--suite",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="Tune a list of workloads together, instead of one.",
)
@model_options
@machine_options
def command(
    workload: str | None,
    parameters: Sequence[str],
    trials: int | None,
    time_limit: float | None,
    strategy: str,
    seed: int,
    picture: Path | None,
    suite: Path | None,
    inputs: Sequence[str],
    fallback: str | None,
    sizes: Sequence[str],
    target: str,
    threads: int,
    tolerance: float | None,
    database: Path | None,
) -> Reply:
    """Tune WORKLOAD, or every kernel of a model: search schedules, measure them, store all trials.

    WORKLOAD is a name, file.py:function, or the file of a model such as model.onnx. Several
    kernels share the trials by what each is expected to gain of the whole time.

    Ctrl-C stops early: what was measured is stored and the best so far is printed. A run on
    a database that knows the workload starts from what it knows. The status is 1 where
    nothing that was tried worked, or where a bug of autosched's own showed: a candidate made
    it fail, or computed wrong numbers.
    """
    if time_limit is not None and isnan(time_limit):
        raise click.UsageError("expected a number of seconds for --time-limit, got nan")
    several = _several(workload, suite)
    if several is None:
        if inputs or fallback:
            raise click.UsageError("--input and --fallback go with the file of a model")
        assert workload is not None, "it is one where there is no suite"
        one = TaskRequest(
            workload,
            parameters,
            sizes,
            target,
            threads,
            tolerance,
            database_path(database),
            DEFAULT_TRIALS if trials is None else trials,
            time_limit,
            strategy,
            seed,
            picture,
        )
        return tune_one(one)
    if picture is not None or parameters:
        raise click.UsageError("expected no --plot and no KEY=VALUE with a model or --suite")
    if suite is not None and (sizes or inputs or fallback):
        raise click.UsageError("expected no --size, --input and --fallback with --suite")
    request = TasksRequest(
        several,
        machine(target, threads, tolerance),
        database_path(database),
        trials,
        time_limit,
        strategy,
        seed,
    )
    if suite is not None:
        return tune_suite(request)
    return tune_model(request, GivenModel(several, inputs, sizes, fallback))


def _several(workload: str | None, suite: Path | None) -> Path | None:
    """The file of the model or suite to tune; None for one workload."""
    if (workload is None) == (suite is None):
        raise click.UsageError("expected a WORKLOAD or a model, or --suite and neither")
    if suite is not None or workload is None:
        return suite
    return Path(workload) if is_model(workload) else None
