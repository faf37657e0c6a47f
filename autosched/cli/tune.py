"""`autosched tune`: search schedules by measuring them, and keep the results."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosched.cli.chosen import is_model
from autosched.cli.faults import documents, told
from autosched.cli.given import GivenModel
from autosched.cli.options import (
    database_path,
    identity,
    machine,
    machine_options,
    model_options,
    opened,
    optional_workload_arguments,
    resolved,
    sized,
)
from autosched.cli.plots.files import check_picture
from autosched.cli.reply import DONE, FAILED, INTERRUPTED, Reply
from autosched.cli.together import TRIALS_EACH, TasksRequest, tune_model, tune_suite
from autosched.search.progress import LineProgress, Standing
from autosched.text import pairs

if TYPE_CHECKING:
    from autosched.backends.reporter import Report, Speed
    from autosched.cli.live import LiveProgress
    from autosched.measure.workers import WorkerPool
    from autosched.search.result import TuneResult
    from autosched.search.task import Task

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
    if several is not None:
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
    if inputs or fallback:
        raise click.UsageError("--input and --fallback go with the file of a model")
    assert workload is not None, "it is one where there is no suite"
    trials = DEFAULT_TRIALS if trials is None else trials
    if picture is not None:
        check_picture(picture, database_path(database))
    pool = None if sizes else _early_workers(target)
    with ExitStack() as stack:
        if pool is not None:
            stack.enter_context(pool)
        here = machine(target, threads, tolerance)
        measurer = None if sizes else here.early_measurer(pool)
        if measurer is not None:
            stack.callback(measurer.close)
        from autosched.api import as_task, tune

        instance = resolved(workload, parameters)
        given = sized(sizes, instance)
        task = as_task(instance, here, 0, sizes=given)
        path = database_path(database)
        speed = here.reporter.speed(task.form)
        standing = Standing(speed, trials, time_limit)
        with _progress(standing, str(instance)) as progress:
            result = tune(
                instance,
                trials=trials,
                db=path,
                target=here,
                seed=seed,
                strategy=strategy,
                time_limit=time_limit,
                on_event=progress,
                sizes=given,
                measurer=None if instance.given_inputs is not None else measurer,
            )
    if result.faults:
        click.echo(told(result.faults, result.session, path), err=True)
    if picture is not None and result.best is not None:
        _draw(task, path, picture)
    return _reply(result, task, speed, path, standing.reason, picture)


def _early_workers(target: str) -> WorkerPool | None:
    """Start the workers of this machine, which import for as long as this process does next."""
    if target.split()[:1] != ["cpu"]:
        return None
    from autosched.measure.options import MeasureOptions
    from autosched.measure.workers import WorkerPool

    return WorkerPool(MeasureOptions())


def _several(workload: str | None, suite: Path | None) -> Path | None:
    """The file of the model or suite to tune; None for one workload."""
    if (workload is None) == (suite is None):
        raise click.UsageError("expected a WORKLOAD or a model, or --suite and neither")
    if suite is not None or workload is None:
        return suite
    return Path(workload) if is_model(workload) else None


def _draw(task: Task, database: Path, picture: Path) -> None:
    from autosched.cli.plots.picture import draw_task

    with opened(database) as store:
        draw_task(store, task, picture)


def _progress(standing: Standing, title: str) -> LineProgress | LiveProgress:
    if not sys.stderr.isatty():
        return LineProgress(standing, partial(click.echo, err=True))
    from autosched.cli.live import LiveProgress

    return LiveProgress(standing, title)


def _reply(
    result: TuneResult,
    task: Task,
    speed: Speed,
    path: Path,
    reason: str,
    picture: Path | None,
) -> Reply:
    speed = speed.combined(task.backend.reporter.speed(task.form))
    best = _best(result, task, speed)
    document = {
        "workload": identity(result.workload, task.sizes),
        "target": result.target,
        "threads": result.threads,
        "database": str(path),
        "session": result.session,
        "strategy": result.strategy,
        "seed": result.seed,
        "trials": result.trials,
        "trials_per_second": result.trials_per_second,
        "failures": dict(result.failures),
        "faults": documents(result.faults),
        "reason": reason or None,
        "elapsed_s": result.seconds,
        "ending": result.ending,
        "interrupted": result.interrupted,
        **speed.facts,
        "best": None if best is None else best.facts,
        **({"plot": str(picture)} if picture and best else {}),
        "curve_ns": list(result.curve),
    }
    lines = {} if best is None else best.lines
    text = _text(result, speed, {**lines, **task.backend.reporter.where}, path, reason)
    return Reply(document, text, _status(result))


def _best(result: TuneResult, task: Task, speed: Speed) -> Report | None:
    """Facts and lines on the best schedule known, where there is one."""
    from autosched.backends.reporter import Report
    from autosched.schedule import replay, to_python

    if result.best is None or result.trace is None or result.time_ns is None:
        return None
    schedule = replay(task.workload.outputs, result.trace)
    of_target = speed.of_best(schedule, result.time_ns)
    facts = {
        "time_ns": result.time_ns,
        **of_target.facts,
        "repeats": len(result.best.times_ns),
        "trace": json.loads(result.best.trace),
        "python": to_python(schedule),
    }
    return Report(facts, of_target.lines)


def _text(
    result: TuneResult, speed: Speed, lines: Mapping[str, object], path: Path, reason: str
) -> str:
    time_ns = result.time_ns
    failures = ", ".join(f"{count} {kind}" for kind, count in sorted(result.failures.items()))
    endings = {"time_limit": "the time is over", "exhausted": "there are no more candidates"}
    ending = "interrupted" if result.interrupted else endings.get(result.ending, "")
    return pairs(
        {
            "workload": result.workload,
            "trials": f"{result.trials} in {result.seconds:.1f} s, "
            f"{result.trials_per_second:.1f} a second" + (f"; {ending}" if ending else ""),
            "failures": failures or "none",
            **({"reason": reason.partition("\n")[0]} if reason and result.best is None else {}),
            "best": "nothing that works is known" if time_ns is None else speed.text(time_ns),
            **lines,
            "database": path,
        }
    )


def _status(result: TuneResult) -> int:
    if result.interrupted:
        return INTERRUPTED
    return FAILED if result.faults or (result.trials and result.best is None) else DONE
