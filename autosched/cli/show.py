"""`autosched show`: the loop nest, the LLVM code, the assembly or the steps of a schedule.

Of a model it shows the graph, its groups, its plan, or any of these for each kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosched.backends.kinds import KINDS, code_forms
from autosched.cli.chosen import chosen, described, is_model
from autosched.cli.given import GivenModel
from autosched.cli.options import (
    identity,
    machine,
    machine_options,
    model_options,
    resolved,
    sized,
    workload_arguments,
)
from autosched.cli.reply import Reply
from autosched.cli.show_model import MODEL_FORMS, ShowRequest, show_model
from autosched.text import table

if TYPE_CHECKING:
    from autosched.backends.base import Backend
    from autosched.graph.steps import Step
    from autosched.schedule.schedule import Schedule
    from autosched.search.task import Task

FORMS = ("loops", *code_forms(), "python", "trace")
DEFAULT_PASS = "simplify"
LOWER = "lower"
"""Given to `--after`, the nest before any pass."""


@click.command("show")
@workload_arguments
@click.option(
    "--ir",
    "given_form",
    type=click.Choice((*FORMS, *MODEL_FORMS)),
    help="The form to show.  [default: loops, of a model graph]",
)
@click.option(
    "--schedule",
    "wanted",
    type=click.Choice(("best", "default")),
    default="best",
    show_default=True,
    help="The best one known, or the one used without any tuning.",
)
@click.option(
    "--after",
    help=f"Show the loops after this pass, {LOWER} for before any.  [default: {DEFAULT_PASS}]",
)
@click.option("--passes", is_flag=True, help="Show what each pass takes instead.")
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path),
    metavar="FILE.svg",
    help="Draw a model's steps and their times instead.",
)
@model_options
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    given_form: str | None,
    wanted: str,
    after: str | None,
    passes: bool,
    picture: Path | None,
    inputs: Sequence[str],
    fallback: str | None,
    sizes: Sequence[str],
    target: str,
    threads: int,
    tolerance: float | None,
    database: Path | None,
) -> Reply:
    """Show how WORKLOAD is computed: its loops, LLVM code, assembly, or schedule.

    `--ir python` prints statements to paste after the expression, `trace` the steps as the
    database keeps them. Other forms of code go with some targets only.

    WORKLOAD may be the file of a model, such as net.onnx: `--ir graph` prints it as it is read,
    `fused` the nodes of each kernel, `plan` the calls and the memory, and the other forms the
    code of each kernel.
    """
    from autosched.api import as_task

    if is_model(workload):
        if parameters or after is not None:
            raise click.UsageError("KEY=VALUE and --after do not go with a model")
        model = GivenModel(Path(workload), inputs, sizes, fallback)
        request = ShowRequest(model, given_form or "graph", passes, wanted, picture)
        return _of_model(request, machine(target, threads, tolerance), database)
    if inputs or fallback or picture is not None or given_form in MODEL_FORMS:
        raise click.UsageError(
            f"--input, --fallback, --plot and --ir {', '.join(MODEL_FORMS)} "
            "go with the file of a model"
        )
    form = given_form or "loops"
    if form != "loops" and after is not None:
        raise click.UsageError("--after goes with --ir loops only")
    instance = resolved(workload, parameters)
    given = sized(sizes, instance) if sizes else {}
    here = machine(target, threads, tolerance)
    _check_form(here, form, after, passes)
    task = as_task(instance, here, 0, sizes=given)
    choice = chosen(task, database, wanted)
    head = {
        "workload": identity(task.workload, given),
        "schedule": choice.origin,
        "schedule_reason": choice.reason,
    }
    click.echo(f"{instance}: schedule {described(choice)}", err=True)
    if passes:
        return _passes(task, choice.schedule, head)
    text = _form(task, choice.schedule, form, after or DEFAULT_PASS)
    return Reply({**head, "ir": form, "text": text}, text.rstrip("\n"))


def _of_model(request: ShowRequest, here: Backend, database: Path | None) -> Reply:
    offloading = here.offloading
    targets = [here] if offloading is None else [here, offloading.host]
    if not any(_has_form(each, request.form) for each in targets):
        _check_form(here, request.form, None, False)
    return show_model(request, here, database, partial(_code, request.form))


def _passes(task: Task, schedule: Schedule, head: Mapping[str, object]) -> Reply:
    """What each pass takes."""
    timings = task.backend.reporter.pass_times(task.form, schedule)
    reports = [{"name": name, "time_ms": spent} for name, spent in timings]
    rows = [(name, f"{spent:.2f} ms") for name, spent in timings]
    return Reply({**head, "passes": reports}, table(("pass", "time"), rows))


def _code(form: str, step: Step) -> str | None:
    """The code of the kernel of a network's step; None if its target has no such form."""
    assert step.task is not None, "a step without a kernel has no code"
    assert step.choice is not None, "a kernel has a schedule"
    if not _has_form(step.task.backend, form):
        return None
    return _form(step.task, step.choice.schedule, form, DEFAULT_PASS)


def _form(task: Task, schedule: Schedule, form: str, after: str) -> str:
    if form == "loops":
        from autosched.api import lower
        from autosched.backends.base import arguments

        stage = None if after == LOWER else after
        return str(lower(schedule, arguments(task.form), after=stage, target=task.backend))
    if form == "python":
        from autosched.schedule import to_python

        return to_python(schedule)
    if form == "trace":
        from autosched.schedule import to_json

        return to_json(schedule.trace)
    return task.backend.reporter.code(form, task.form, schedule)


def _has_form(backend: Backend, form: str) -> bool:
    return form not in code_forms() or form in KINDS[backend.kind].forms


def _check_form(backend: Backend, form: str, after: str | None, passes: bool) -> None:
    """Refuse what the target has not."""
    if not _has_form(backend, form):
        raise click.UsageError(f"--ir {form} does not go with a target of kind {backend.kind}")
    if (passes or after not in (None, LOWER)) and not backend.reporter.has_passes:
        raise click.UsageError(
            f"no passes run for a target of kind {backend.kind}: --passes and --after make no sense"
        )
