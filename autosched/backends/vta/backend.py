"""The backend of the accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from autosched.backends.base import Args, Backend, Offloading
from autosched.backends.form import WorkloadForm
from autosched.backends.parse import parse
from autosched.backends.vta.machine import check_target, config_of, preset_of
from autosched.backends.vta.target import VtaTarget
from autosched.errors import LoweringError
from autosched.ops.instance import WorkloadInstance
from autosched.schedule.schedule import Schedule
from autosched.schedule.sketch import Sketch
from autosched.te.bounds import OutOfRange

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.vta.kernel import VtaKernel
    from autosched.backends.vta.measure.measurer import SimulatingMeasurer
    from autosched.backends.vta.packed.form import PackedWorkload
    from autosched.backends.vta.report.reporter import VtaReporter
    from autosched.measure.workers import WorkerPool
    from autosched.search.space.generate import Space


@dataclass(frozen=True)
class VtaBackend(Backend):
    """Programs of packed workloads, run by a simulator and timed by a cycle model.

    `workers` processes simulate candidates at once, 0 for one on each core. Results do not depend
    on their number.
    """

    machine: VtaTarget
    workers: int = 0

    kind = "vta"
    is_deterministic = True
    has_estimates = True
    checks_indices = False  # it has none
    batch = 64  # simulated quickly, so that fits would take most of the time

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(VtaTarget.parse(text))

    def configured(
        self, threads: int = 0, math: str | None = None, tolerance: float | None = None
    ) -> Self:
        check_target(self.machine)
        same = super().configured(threads, math, tolerance)
        return replace(same, workers=threads) if threads else same

    @classmethod
    def label(cls, text: str) -> str:
        """Return the preset and the sizes."""
        options = dict(word.partition("=")[::2] for word in text.split()[1:])
        return f"vta {options.get('-preset', '')} {options.get('-config', '')}"

    @classmethod
    def names(cls) -> list[str]:
        """Return the accelerators with a shipped preset."""
        from autosched.vta.timing import preset_names

        return ["vta", *(f"vta:{name}" for name in preset_names())]

    def form(self, instance: WorkloadInstance) -> PackedWorkload:
        from autosched.backends.vta.packed import packed_form

        return packed_form(instance, config_of(self.machine))

    def space(self, form: WorkloadForm) -> Space:
        """Return every structure of tiles that fits the memories, and the default schedule.

        Raises LoweringError if there is neither.
        """
        from autosched.backends.vta.space.sketches import accelerator_sketches
        from autosched.search.space.generate import Space

        found = accelerator_sketches(form.workload.outputs, config_of(self.machine))
        try:
            found.append(Sketch("default", tuple(self.plain_schedule(form).trace), (), ()))
        except LoweringError:
            if not found:
                raise
        return Space(found, [])

    def plain_schedule(self, form: WorkloadForm) -> Schedule:
        from autosched.backends.vta.schedules import default_schedule

        return default_schedule(form.workload.tensors, config_of(self.machine))

    def check_lowers(self, form: WorkloadForm, schedule: Schedule) -> None:
        from autosched.vta.lowering import lower_vta

        lower_vta(schedule, form.workload.tensors, config_of(self.machine))

    def fits(self, form: WorkloadForm, schedule: Schedule) -> bool:
        """Lower the schedule to find out: the limits of sketches are estimates."""
        try:
            self.check_lowers(form, schedule)
        except LoweringError:
            return False
        return True

    def features(self, form: WorkloadForm, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        from autosched.backends.vta.features.extract import extract_accelerator

        outputs = form.workload.outputs
        return extract_accelerator(outputs, sketch, vectors, config_of(self.machine))

    def estimates(self, features: np.ndarray) -> np.ndarray:
        """Return the logarithm of an estimate of the cycles of each candidate."""
        from autosched.backends.vta.features.extract import ESTIMATE

        return features[:, ESTIMATE]

    def measurer(
        self, form: WorkloadForm, sizes: Mapping[str, int], in_network: bool = False
    ) -> SimulatingMeasurer:
        return self.early_measurer()

    def early_measurer(self, pool: WorkerPool | None = None) -> SimulatingMeasurer:
        from autosched.backends.vta.measure.measurer import SimulatingMeasurer

        return SimulatingMeasurer(str(self.machine), self.workers)

    def build(
        self, schedule: Schedule, args: Args, name: str = "main", bounds: OutOfRange = "check"
    ) -> VtaKernel:
        """Return the program of packed tensors, which has no indices from data."""
        from autosched.backends.vta.kernel import vta_kernel

        return vta_kernel(schedule, args, self.machine, name=name)

    def build_workload(
        self,
        form: WorkloadForm,
        schedule: Schedule,
        args: Args | None = None,
        name: str = "main",
        bounds: OutOfRange = "check",
    ) -> VtaKernel:
        from autosched.backends.vta.kernel import interface_of, vta_kernel
        from autosched.backends.vta.packed.form import PackedWorkload

        assert isinstance(form, PackedWorkload), "`form` made it"
        interface = interface_of(form, args)
        return vta_kernel(schedule, form.tensors, self.machine, name=name, interface=interface)

    def time_ns(self, kernel: VtaKernel) -> float:
        return kernel.cycles.microseconds * 1e3

    @property
    def offloading(self) -> Offloading:
        """Nodes of int8 become programs; this machine's processor computes the others."""
        config, host = config_of(self.machine), preset_of(self.machine).host
        processor = parse("cpu").configured(self.workers)
        speeds = host.mops / 1e3, host.mbytes / 1e3
        return Offloading(processor, config.batch, config.block_out, *speeds)

    @property
    def reporter(self) -> VtaReporter:
        from autosched.backends.vta.report.reporter import VtaReporter

        return VtaReporter(self.machine)
