"""`autosched show`: the loop nest, the LLVM code, the assembly or the steps of a schedule."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from autosched.cli.chosen import chosen, described
from autosched.cli.options import (
    identity,
    machine,
    machine_options,
    resolved,
    size_option,
    sized,
    workload_arguments,
)
from autosched.cli.reply import Reply, table
from autosched.cli.sketches import sketches_document, sketches_text

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule
    from autosched.search.task import Task
    from autosched.target.target import Target

FORMS = ("loops", "llvm", "asm", "vta", "python", "trace")
OF_CPUS, OF_ACCELERATORS = ("llvm", "asm"), ("vta",)
DEFAULT_PASS = "simplify"
LOWER = "lower"
"""Given to `--after`, the nest before any pass."""

Value = TypeVar("Value")


@click.command("show")
@workload_arguments
@click.option("--ir", "form", type=click.Choice(FORMS), default="loops", show_default=True)
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
    "--sketches",
    "structures",
    is_flag=True,
    help="Show what a search chooses among instead, and what is illegal of it.",
)
@size_option
@machine_options
def command(
    workload: str,
    parameters: Sequence[str],
    form: str,
    wanted: str,
    after: str | None,
    passes: bool,
    structures: bool,
    sizes: Sequence[str],
    target: str,
    threads: int,
    database: Path | None,
) -> Reply:
    """Show how WORKLOAD is computed: its loops, LLVM code, assembly, or schedule.

    `--ir vta` prints the instructions for an accelerator, `python` statements to paste after
    the expression, `trace` the steps as the database keeps them.
    """
    from autosched.api import as_task

    if form != "loops" and after is not None:
        raise click.UsageError("--after goes with --ir loops only")
    instance = resolved(workload, parameters)
    given = sized(sizes, instance) if sizes else {}
    here = machine(target, threads)
    _check_form(form, after, passes, here.kind)
    task = as_task(instance, here, threads, sizes=given)
    if structures:
        document = {"workload": identity(task.workload, given), **sketches_document(task)}
        return Reply(document, sketches_text(task))
    choice = chosen(task, database, wanted)
    head = {
        "workload": identity(task.workload, given),
        "schedule": choice.origin,
        "schedule_reason": choice.reason,
    }
    click.echo(f"{instance}: schedule {described(choice)}", err=True)
    if passes:
        timings = _pass_times(task, choice.schedule, _cpu(task))
        reports = [{"name": name, "time_ms": spent} for name, spent in timings]
        rows = [(name, f"{spent:.2f} ms") for name, spent in timings]
        return Reply({**head, "passes": reports}, table(("pass", "time"), rows))
    text = _form(task, choice.schedule, form, after or DEFAULT_PASS)
    return Reply({**head, "ir": form, "text": text}, text.rstrip("\n"))


def _form(task: Task, schedule: Schedule, form: str, after: str) -> str:
    if form == "loops":
        return _loops(task, schedule, after)
    if form == "python":
        from autosched.schedule import to_python

        return to_python(schedule)
    if form == "trace":
        from autosched.schedule import to_json

        return to_json(schedule.trace)
    if form == "vta":
        from autosched.backends.vta.kernel import vta_kernel

        return vta_kernel(schedule, task.workload.tensors, task.packed_target).listing
    from autosched.codegen.compile import compile_text

    module = compile_text(_program_text(task, schedule), _cpu(task))
    return module.llvm_text() if form == "llvm" else module.asm()


def _check_form(form: str, after: str | None, passes: bool, kind: str) -> None:
    """Refuse what the kind of target has not."""
    if form in (OF_ACCELERATORS if kind == "cpu" else OF_CPUS):
        raise click.UsageError(f"--ir {form} does not go with a target of kind {kind}")
    if kind != "cpu" and (passes or after not in (None, LOWER)):
        raise click.UsageError("no passes run for an accelerator: --passes and --after are for cpu")


def _cpu(task: Task) -> Target:
    from autosched.target.target import Target

    assert isinstance(task.target, Target), "refused before for accelerators"
    return task.target


def _loops(task: Task, schedule: Schedule, after: str) -> str:
    from autosched.api import lower

    stage = None if after == LOWER else after
    return str(lower(schedule, _arguments(task), after=stage, target=task.target))


def _pass_times(task: Task, schedule: Schedule, target: Target) -> list[tuple[str, float]]:
    """What lowering, each pass, our code generator and LLVM take, in milliseconds."""
    from autosched.codegen.compile import compile_text
    from autosched.codegen.llvm.emit import emit
    from autosched.codegen.llvm.options import CodegenOptions
    from autosched.lowering.lower import lower
    from autosched.passes import pipeline

    function, lowering = _timed(lambda: lower(schedule, _arguments(task), bounds="check"))
    reports = pipeline.trace(function, target)
    options = CodegenOptions(threads=task.threads)
    final = reports[-1].function
    text, emitting = _timed(lambda: emit(final, target=target, options=options))
    _, compiling = _timed(lambda: compile_text(text, target))
    return [
        (LOWER, lowering),
        *((report.name, report.time_ms) for report in reports),
        ("emit", emitting),
        ("llvm", compiling),
    ]


def _program_text(task: Task, schedule: Schedule) -> str:
    from autosched.compile import lower_program, program_text

    program = lower_program(schedule, _arguments(task), _cpu(task))
    return program_text(program, _cpu(task), threads=task.threads)


def _arguments(task: Task) -> list[Any]:
    return [*task.workload.tensors, *task.workload.sizes]


def _timed(work: Callable[[], Value]) -> tuple[Value, float]:
    start = time.perf_counter()
    value = work()
    return value, (time.perf_counter() - start) * 1e3
