"""`autosched tune` of one workload."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosched.cli.faults import documents, told
from autosched.cli.options import identity, machine, opened, resolved, sized
from autosched.cli.plots.files import check_picture
from autosched.cli.reply import DONE, FAILED, INTERRUPTED, Reply
from autosched.search.progress import LineProgress, Standing
from autosched.text import pairs

if TYPE_CHECKING:
    from autosched.backends.reporter import Report, Speed
    from autosched.cli.live import LiveProgress
    from autosched.measure.workers import WorkerPool
    from autosched.search.result import TuneResult
    from autosched.search.task import Task


@dataclass(frozen=True)
class TaskRequest:
    """The options of a search for one workload.

    The `picture` is drawn into a file when the search is done."""

    workload: str
    parameters: Sequence[str]
    sizes: Sequence[str]
    target: str
    threads: int
    tolerance: float | None
    database: Path
    trials: int
    time_limit: float | None
    strategy: str
    seed: int
    picture: Path | None


def tune_one(request: TaskRequest) -> Reply:
    """Tune one workload; workers start before the compiler is imported."""
    if request.picture is not None:
        check_picture(request.picture, request.database)
    pool = None if request.sizes else _early_workers(request.target)
    with ExitStack() as stack:
        if pool is not None:
            stack.enter_context(pool)
        here = machine(request.target, request.threads, request.tolerance)
        measurer = None if request.sizes else here.early_measurer(pool)
        if measurer is not None:
            stack.callback(measurer.close)
        from autosched.api import as_task, tune

        instance = resolved(request.workload, request.parameters)
        given = sized(request.sizes, instance)
        task = as_task(instance, here, 0, sizes=given)
        speed = here.reporter.speed(task.form)
        standing = Standing(speed, request.trials, request.time_limit)
        with _progress(standing, str(instance)) as progress:
            result = tune(
                instance,
                trials=request.trials,
                db=request.database,
                target=here,
                seed=request.seed,
                strategy=request.strategy,
                time_limit=request.time_limit,
                on_event=progress,
                sizes=given,
                measurer=None if instance.given_inputs is not None else measurer,
            )
    if result.faults:
        click.echo(told(result.faults, result.session, request.database), err=True)
    if request.picture is not None and result.best is not None:
        _draw(task, request.database, request.picture)
    return _reply(result, task, speed, request.database, standing.reason, request.picture)


def _early_workers(target: str) -> WorkerPool | None:
    """Start the workers of this machine, which import for as long as this process does next."""
    if target.split()[:1] != ["cpu"]:
        return None
    from autosched.measure.options import MeasureOptions
    from autosched.measure.workers import WorkerPool

    return WorkerPool(MeasureOptions())


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
