"""The reports of the command line on the accelerator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autosched.backends.form import WorkloadForm
from autosched.backends.reporter import NetworkRequest, Report, Reporter, RunRequest, first_mistake
from autosched.backends.vta.kernel import VtaKernel, vta_kernel
from autosched.backends.vta.measure.tasks import random_input
from autosched.backends.vta.report.cycles import (
    CycleSpeed,
    cycle_facts,
    described_machine,
    headline,
    memory_bytes,
    memory_table,
    unit_table,
)
from autosched.backends.vta.report.networks import with_cycles
from autosched.backends.vta.target import VtaTarget
from autosched.errors import AcceleratorError, TargetError
from autosched.files import check_not_read
from autosched.schedule.schedule import Schedule
from autosched.vta.timing import CycleReport

PICTURES = (".svg", ".json")


class VtaReporter(Reporter[VtaTarget]):
    """Reports cycles instead of times."""

    rate_unit = "GOP/s"

    @property
    def caption(self) -> str:
        return f"vta {self.machine.preset} {self.machine.config}"

    def description(self) -> Report:
        """Report the accelerator's sizes and the constants of its cycle model."""
        return described_machine(self.machine)

    def speed(self, form: WorkloadForm) -> CycleSpeed:
        """Count the operations of the user's workload, not those that padding adds."""
        return CycleSpeed(form.flops, self.machine, form.workload.tensors)

    def code(self, name: str, form: WorkloadForm, schedule: Schedule) -> str:
        """Return the addresses of the tensors, then the instructions."""
        return vta_kernel(schedule, form.workload.tensors, self.machine).listing

    def check_timelines(self, paths: Sequence[Path], reading: Sequence[Path]) -> None:
        for path in paths:
            check_not_read(path, [*reading, Path(self.machine.preset)])
            if path.suffix not in PICTURES:
                raise TargetError(
                    f"expected a file that ends in {' or '.join(PICTURES)} for --timeline, "
                    f"got {path}"
                )

    def run(self, kernel: Any, request: RunRequest) -> Report:
        """Simulate a program, compare it bit by bit, and count its cycles and where they go.

        Each timeline is written as a picture or as a Chrome trace.
        """
        form = request.form
        inputs = [random_input(tensor, n) for n, tensor in enumerate(form.instance.inputs)]
        results, counters = kernel.simulate(inputs)
        mistake = first_mistake(form, inputs, results, tolerance=0.0)
        portable = _refusal(kernel, inputs)
        report = kernel.cycles
        for path in request.timelines:
            _save_timeline(report, path)
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

    def run_network(self, request: NetworkRequest) -> Report:
        """Run a network, its programs on the simulator; count cycles, and time what is left."""
        report = super().run_network(request)
        return with_cycles(report, request.times(), self.machine)


def _save_timeline(report: CycleReport, path: Path) -> None:
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
