"""`autosched run` on an accelerator: simulated, checked bit by bit, counted in cycles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autosched.cli.chosen import built, described
from autosched.cli.cycles import cycle_facts, headline, memory_bytes, memory_table, unit_table
from autosched.cli.options import identity
from autosched.cli.reply import DONE, FAILED, Reply, pairs
from autosched.errors import AcceleratorError
from autosched.files import check_not_read

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.vta.kernel import VtaKernel
    from autosched.ops.instance import WorkloadInstance
    from autosched.target.vta import VtaTarget
    from autosched.vta.timing import CycleReport

PICTURES = (".svg", ".json")


def run_simulated(
    instance: WorkloadInstance, target: VtaTarget, database: Path | None, timelines: Sequence[Path]
) -> Reply:
    """The reply of `run`; each of `timelines` is written as a picture or a Chrome trace."""
    from autosched.api import as_task
    from autosched.backends.vta.kernel import VtaKernel

    task = as_task(instance, target, 0)
    choice, kernel = built(task, database)
    assert isinstance(kernel, VtaKernel)
    inputs = _inputs(instance)
    results, counters = kernel.simulate(inputs)
    mistake = _mistake(instance, inputs, results)
    portable = _refusal(kernel, inputs)
    report = kernel.cycles
    for path in timelines:
        save_timeline(report, path)
    facts = {
        "workload": identity(task.workload),
        "target": str(target),
        "schedule": choice.origin,
        "schedule_reason": choice.reason,
        "time_ns": report.microseconds * 1e3,
        **cycle_facts(kernel),
        "bytes": memory_bytes(counters),
        "correct": mistake is None,
        "mistake": mistake,
        "portable": portable is None,
        "portable_reason": portable,
        "timelines": [str(path) for path in timelines],
    }
    head = {
        "workload": instance,
        "target": target,
        "schedule": described(choice),
        "result": f"WRONG: {mistake}" if mistake else "correct, bit by bit",
        **({"portable": f"no: {portable}"} if portable else {}),
        **headline(report),
        "program": f"{facts['instructions']} instructions, {facts['micro_ops']} micro-ops",
        **({"timeline": ", ".join(map(str, timelines))} if timelines else {}),
    }
    tables = [unit_table(report), memory_table(facts["bytes"], report)]
    text = "\n\n".join([pairs(head), *tables])
    return Reply(facts, text, FAILED if mistake else DONE)


def check_timelines(paths: Sequence[Path], reading: Sequence[Path]) -> None:
    """Refuse a name that does not say what to write, and a file that is read, before any work."""
    for path in paths:
        check_not_read(path, reading)
        if path.suffix not in PICTURES:
            raise click.UsageError(
                f"expected a file that ends in {' or '.join(PICTURES)} for --timeline, got {path}"
            )


def save_timeline(report: CycleReport, path: Path) -> None:
    """Write the timeline as the kind of file that the name says."""
    try:
        (report.save_svg if path.suffix == ".svg" else report.save_trace)(path)
    except OSError as error:
        raise click.UsageError(f"expected a file to write the timeline to, got {error}") from error


def _inputs(instance: WorkloadInstance) -> list[np.ndarray]:
    from autosched.backends.vta.measure.tasks import random_input

    return [random_input(tensor, number) for number, tensor in enumerate(instance.inputs)]


def _mistake(
    instance: WorkloadInstance, inputs: list[np.ndarray], results: Sequence[Any]
) -> str | None:
    """The first element that differs from NumPy's, in a sentence."""
    from autosched.measure.verify import Expected

    wanted = instance.numpy_reference(inputs) or instance.reference(inputs)
    for tensor, want, got in zip(instance.outputs, wanted, results, strict=True):
        expected = Expected(tensor.name, tensor.dtype.name, want, tolerance=0.0)
        mistake = expected.difference(got)
        if mistake:
            return mistake
    return None


def _refusal(kernel: VtaKernel, inputs: list[np.ndarray]) -> str | None:
    """Why implementations of the instructions may run the program differently, if they may."""
    try:
        kernel.simulate(inputs, strict=True)
    except AcceleratorError as error:
        return error.message
    return None
