"""`autosched run`: build with the best known schedule, check it, time it beside its peers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from autosched.cli.chosen import built, described
from autosched.cli.options import (
    database_path,
    identity,
    machine,
    machine_options,
    resolved,
    size_option,
    sized,
    workload_arguments,
)
from autosched.cli.reply import DONE, FAILED, Reply
from autosched.text import pairs


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
@size_option
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    peers: bool,
    timelines: Sequence[Path],
    sizes: Sequence[str],
    target: str,
    threads: int,
    database: Path | None,
) -> Reply:
    """Build WORKLOAD with the best schedule known, check its numbers, time it beside peers.

    Times are medians of repeats taken in turn, calls from Python. Constants such as weights
    are bound, and packed, beforehand. The status is 1 where a number is wrong. On an
    accelerator the program is simulated, and its cycles are told in place of a time.
    """
    from autosched.api import as_task
    from autosched.backends.reporter import RunRequest

    instance = resolved(workload, parameters)
    given = sized(sizes, instance)
    backend = machine(target, threads)
    reporter = backend.reporter
    described_by = Path(target.partition(":")[2])  # a file, for some kinds of targets
    reporter.check_timelines(timelines, [database_path(database), described_by])
    task = as_task(instance, backend, 0, sizes=given)
    choice, kernel = built(task, database)
    report = reporter.run(kernel, RunRequest(task.form, given, peers, timelines))
    facts = {
        "workload": identity(task.workload, given),
        "target": str(backend),
        "schedule": choice.origin,
        "schedule_reason": choice.reason,
        **report.facts,
    }
    head = {
        "workload": instance,
        **reporter.where,
        "schedule": described(choice),
        **report.lines,
    }
    text = "\n\n".join([pairs(head), *report.tables])
    return Reply(facts, text, DONE if report.is_right else FAILED)
