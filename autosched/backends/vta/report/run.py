"""Runs a program: simulates it, checks its results bit by bit, counts cycles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from autosched.backends.reporter import Report, RunRequest, first_mistake
from autosched.backends.vta.kernel import VtaKernel
from autosched.backends.vta.measure.tasks import random_input
from autosched.backends.vta.report.cycles import (
    cycle_facts,
    headline,
    memory_bytes,
    memory_table,
    unit_table,
)
from autosched.errors import AcceleratorError, TargetError
from autosched.files import check_not_read
from autosched.vta.timing import CycleReport

PICTURES = (".svg", ".json")


def run(kernel: VtaKernel, request: RunRequest) -> Report:
    """Simulate a program; each of the timelines is written as a picture or a Chrome trace."""
    form = request.form
    inputs = [random_input(tensor, number) for number, tensor in enumerate(form.instance.inputs)]
    results, counters = kernel.simulate(inputs)
    mistake = first_mistake(form, inputs, results, tolerance=0.0)
    portable = _refusal(kernel, inputs)
    report = kernel.cycles
    for path in request.timelines:
        save_timeline(report, path)
    facts = {
        "time_ns": report.microseconds * 1e3,
        **cycle_facts(kernel),
        "bytes": memory_bytes(counters),
        "correct": mistake is None,
        "mistake": mistake,
        "portable": portable is None,
        "portable_reason": portable,
        "timelines": [str(path) for path in request.timelines],
    }
    lines: dict[str, object] = {
        "result": f"WRONG: {mistake}" if mistake else "correct, bit by bit",
        **({"portable": f"no: {portable}"} if portable else {}),
        **headline(report),
        "program": f"{facts['instructions']} instructions, {facts['micro_ops']} micro-ops",
        **({"timeline": ", ".join(facts["timelines"])} if request.timelines else {}),
    }
    tables = unit_table(report), memory_table(facts["bytes"], report)
    return Report(facts, lines, tables, is_right=mistake is None)


def check_timelines(paths: Sequence[Path], reading: Sequence[Path]) -> None:
    """Raise TargetError for names with another suffix and files that are read."""
    for path in paths:
        check_not_read(path, reading)
        if path.suffix not in PICTURES:
            raise TargetError(
                f"expected a file that ends in {' or '.join(PICTURES)} for --timeline, got {path}"
            )


def save_timeline(report: CycleReport, path: Path) -> None:
    """Write the timeline as SVG or as a Chrome trace, by the suffix."""
    try:
        (report.save_svg if path.suffix == ".svg" else report.save_trace)(path)
    except OSError as error:
        raise TargetError(f"expected a file to write the timeline to, got {error}") from error


def _refusal(kernel: VtaKernel, inputs: list[np.ndarray]) -> str | None:
    """Return why implementations of VTA may run the program differently; None if they may not."""
    try:
        kernel.simulate(inputs, strict=True)
    except AcceleratorError as error:
        return error.message
    return None
