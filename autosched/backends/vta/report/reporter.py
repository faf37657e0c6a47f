"""The reports of the command line on the accelerator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autosched.backends.form import WorkloadForm
from autosched.backends.reporter import Report, Reporter, RunRequest
from autosched.backends.vta.kernel import vta_kernel
from autosched.backends.vta.report.cycles import CycleSpeed, described_machine
from autosched.backends.vta.report.run import check_timelines, run
from autosched.backends.vta.target import VtaTarget
from autosched.schedule.schedule import Schedule


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
        check_timelines(paths, [*reading, Path(self.machine.preset)])

    def run(self, kernel: Any, request: RunRequest) -> Report:
        """Simulate a program, compare it bit by bit, and count its cycles and where they go."""
        return run(kernel, request)
