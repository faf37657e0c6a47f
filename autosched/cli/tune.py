"""`autosched tune`: search schedules by measuring them, and keep the results."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.cli.cycles import CycleSpeed, cycle_facts, cycle_speed, headline
from autosched.cli.faults import documents, told
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
from autosched.cli.plots.files import check_picture
from autosched.cli.reply import DONE, FAILED, INTERRUPTED, Reply, pairs
from autosched.cli.speed import Speed, speed_of
from autosched.search.progress import LineProgress, Standing

if TYPE_CHECKING:
    from autosched.backends.vta.kernel import VtaKernel
    from autosched.backends.vta.measure.measurer import SimulatingMeasurer
    from autosched.cli.live import LiveProgress
    from autosched.search.result import TuneResult
    from autosched.search.task import Task

AnySpeed = Speed | CycleSpeed

STRATEGY_NAMES = ("evolutionary", "random")
"""Those of the search, which is not imported for `--help`."""

DEFAULT_TRIALS = 200
MAX_SECONDS = 1e9
MAX_SEED = 2**63 - 1
"""The greatest that a database keeps."""


@click.command("tune")
@workload_arguments
@click.option(
    "--trials",
    type=click.IntRange(min=0),
    default=DEFAULT_TRIALS,
    show_default=True,
    help="How many new candidates to measure.",
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
@size_option
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    trials: int,
    time_limit: float | None,
    strategy: str,
    seed: int,
    picture: Path | None,
    sizes: Sequence[str],
    target: str,
    threads: int,
    database: Path | None,
) -> Reply:
    """Tune WORKLOAD: search schedules, measure them here, store every trial.

    Ctrl-C stops early: what was measured is stored and the best so far is printed. A run on
    a database that knows the workload starts from what it knows. The status is 1 where
    nothing that was tried worked, or where a bug of autosched's own showed: a candidate made
    it fail, or computed wrong numbers.
    """
    if time_limit is not None and isnan(time_limit):
        raise click.UsageError("expected a number of seconds for --time-limit, got nan")
    if picture is not None:
        check_picture(picture, database_path(database))
    with _started(target, threads) as measurer:
        from autosched.api import as_task, tune
        from autosched.target.target import Target

        instance = resolved(workload, parameters)
        given = sized(sizes, instance)
        here = machine(target, threads)
        path = database_path(database)
        speed = (
            speed_of(instance, here, here.threads)
            if isinstance(here, Target)
            else cycle_speed(as_task(instance, here, 0))
        )
        standing = Standing(speed, trials, time_limit)
        with _progress(standing, str(instance)) as progress:
            result = tune(
                instance,
                trials=trials,
                db=path,
                target=here,
                threads=here.threads if isinstance(here, Target) else threads,
                seed=seed,
                strategy=strategy,
                time_limit=time_limit,
                on_event=progress,
                sizes=given,
                measurer=measurer,
            )
    if result.faults:
        click.echo(told(result.faults, result.session, path), err=True)
    if isinstance(speed, Speed) and isinstance(here, Target):
        speed = speed.with_peak_of(speed_of(instance, here, here.threads))
    if picture is not None and result.best is not None:
        _draw(as_task(instance, here, threads, sizes=given), path, picture)
    return _reply(result, speed, path, given, standing.reason, picture)


def _started(target: str, threads: int) -> AbstractContextManager[SimulatingMeasurer | None]:
    """An accelerator's measurer, whose workers import what they need while we do."""
    if not target.startswith("vta"):
        return nullcontext()
    from autosched.backends.vta.measure.measurer import SimulatingMeasurer

    return SimulatingMeasurer(target, threads)


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
    speed: AnySpeed,
    path: Path,
    sizes: dict[str, int],
    reason: str,
    picture: Path | None,
) -> Reply:
    best = None if result.best is None else _best(result, speed)
    document = {
        "workload": identity(result.workload, sizes),
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
        **({"peak_gflops": speed.peak_gflops} if isinstance(speed, Speed) else {}),
        "best": best,
        **({"plot": str(picture)} if picture and best else {}),
        "curve_ns": list(result.curve),
    }
    return Reply(document, _text(result, speed, path, reason), _status(result))


def _best(result: TuneResult, speed: AnySpeed) -> dict[str, Any]:
    assert result.best is not None, "only asked for where there is one"
    time_ns = result.best.time_ns
    return {
        "time_ns": time_ns,
        **(
            {
                "gflops": speed.gflops(time_ns),
                "share_of_peak": speed.share(time_ns),
                "remark": speed.remark(time_ns),
            }
            if isinstance(speed, Speed)
            else cycle_facts(_program(result, speed))
        ),
        "repeats": len(result.best.times_ns),
        "trace": json.loads(result.best.trace),
        "python": _python(result),
    }


def _program(result: TuneResult, speed: CycleSpeed) -> VtaKernel:
    """The best program, lowered once more."""
    from autosched.backends.vta.kernel import vta_kernel
    from autosched.schedule import replay

    assert result.trace is not None, "only asked for where there is one"
    schedule = replay(result.workload.outputs, result.trace)
    return vta_kernel(schedule, result.workload.tensors, speed.target)


def _python(result: TuneResult) -> str:
    from autosched.schedule import replay, to_python

    assert result.trace is not None, "only asked for where there is one"
    return to_python(replay(result.workload.outputs, result.trace))


def _text(result: TuneResult, speed: AnySpeed, path: Path, reason: str) -> str:
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
            **_remark(speed, time_ns),
            **_where(result, speed),
            "database": path,
        }
    )


def _remark(speed: AnySpeed, time_ns: float | None) -> dict[str, str]:
    remark = speed.remark(time_ns) if isinstance(speed, Speed) else None
    return {"remark": remark} if remark else {}


def _where(result: TuneResult, speed: AnySpeed) -> dict[str, object]:
    """The threads of a CPU; an accelerator and how well it is used."""
    if isinstance(speed, Speed):
        return {"threads": result.threads}
    if result.best is None:
        return {"target": result.target}
    return {**headline(_program(result, speed).cycles), "target": result.target}


def _status(result: TuneResult) -> int:
    if result.interrupted:
        return INTERRUPTED
    return FAILED if result.faults or (result.trials and result.best is None) else DONE
