"""The reports of the command line on a CPU."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from autosched.backends.cpu.speed import PeakSpeed, measured_here, multiply_adds, peak_dtype
from autosched.backends.form import WorkloadForm
from autosched.backends.reporter import NetworkRequest, Report, Reporter, Roofs, RunRequest
from autosched.config import Settings
from autosched.schedule.schedule import Schedule
from autosched.target.target import Target


class CpuReporter(Reporter[Target]):
    """Measures the machine when its limits are asked for; nothing else should run then."""

    has_passes = True

    @property
    def where(self) -> dict[str, object]:
        return {"threads": self.machine.threads}

    @property
    def caption(self) -> str:
        threads = self.machine.threads
        return f"{self.machine.cpu}, {threads} thread{'s' if threads > 1 else ''}"

    def description(self) -> Report:
        """Describe the machine; the peak and bandwidths of a core are measured in a second."""
        from autosched.measure.peak import measure_peak

        target = self.machine
        wait_us = Settings.from_environment().thread_wait_us
        peak = measure_peak(target)
        caches = (target.l1_bytes, target.l2_bytes, target.l3_bytes)
        document = {
            "target": asdict(target),
            "peak": asdict(peak),
            "threads": {"cores": target.threads, "wait_us": wait_us},
        }
        lines = {
            "cpu": target.cpu,
            "triple": target.triple,
            "vector": f"{target.vector_bits} bits",
            "cores": target.threads,
            "caches": " / ".join(map(_size, caches)),
            "float32 peak": f"{peak.float32_gflops:.1f} GFLOP/s a core",
            "float64 peak": f"{peak.float64_gflops:.1f} GFLOP/s a core",
            "reads": f"L1 {peak.l1_gbytes:.0f}, L2 {peak.l2_gbytes:.0f}, "
            f"L3 {peak.l3_gbytes:.0f}, DRAM {peak.dram_gbytes:.0f} GB/s",
            "idle threads": f"wait {wait_us} microseconds for the next parallel loop, then sleep",
            "features": target.features.replace("+", "").replace(",", " "),
        }
        return Report(document, lines)

    def speed(self, form: WorkloadForm) -> PeakSpeed:
        """Measures the peak of one core, in a few hundredths of a second."""
        from autosched.measure.peak import fma_peak

        dtype = peak_dtype(form.workload)
        peak = fma_peak(self.machine, dtype) * self.machine.threads if dtype else None
        return PeakSpeed(form.flops, peak)

    def roofs(self, form: WorkloadForm) -> Roofs | None:
        """Return the measured limits; None for another processor or unknown operation counts."""
        if not form.flops or not isinstance(form.workload.bytes, int):
            return None
        peak = measured_here(self.machine) if peak_dtype(form.workload) else None
        gflops = None if peak is None else multiply_adds(peak, form.workload)
        if peak is None or gflops is None:
            return None
        cores = self.machine.threads
        own = {"L1": peak.l1_gbytes * cores, "L2": peak.l2_gbytes * cores}
        one = "" if cores == 1 else " (one core)"
        shared = {f"L3{one}": peak.l3_gbytes, f"DRAM{one}": peak.dram_gbytes}
        return Roofs(gflops * cores, own | shared)

    def least_ns(self, form: WorkloadForm) -> float | None:
        """The time of the arithmetic, or to move each array once from a memory they all fit in.

        None for another processor, for unknown counts and where no rate of the arithmetic is known.
        """
        from autosched.backends.cpu.arithmetic import arithmetic_limits

        here, moved, flops = Target.host(), form.workload.bytes, form.workload.flops
        peak, cores = measured_here(self.machine), self.machine.threads
        if peak is None or not isinstance(moved, int) or not isinstance(flops, int):
            return None
        limits = arithmetic_limits(here, peak, cores, form.workload, flops)
        if flops and not limits:
            return None
        levels = (
            (here.l1_bytes * cores, peak.l1_gbytes * cores),
            (here.l2_bytes * cores, peak.l2_gbytes * cores),
            (here.l3_bytes, peak.l3_gbytes),
        )
        gbytes = next((rate for size, rate in levels if moved <= size), peak.dram_gbytes)
        return max(moved / gbytes, *(limit.time_ns for limit in limits), 0.0)

    def code(self, name: str, form: WorkloadForm, schedule: Schedule) -> str:
        """Return the code as `llvm`, after LLVM's passes, or `asm`."""
        from autosched.backends.cpu.code import compiled

        module = compiled(self.machine, form, schedule)
        return module.llvm_text() if name == "llvm" else module.asm()

    def pass_times(self, form: WorkloadForm, schedule: Schedule) -> list[tuple[str, float]]:
        from autosched.backends.cpu.code import pass_times

        return pass_times(self.machine, form, schedule)

    def run(self, kernel: Any, request: RunRequest) -> Report:
        """Check a kernel's numbers, and time it in turn with its peers and a probe of the peak."""
        from autosched.backends.cpu.run import run

        return run(self.machine, kernel, request)

    def explain(self, kernel: Any, request: RunRequest, schedule: Schedule) -> Report:
        """Time the kernel alone, and compare with the limits, the loops and the machine code."""
        from autosched.backends.cpu.explain import explain
        from autosched.backends.cpu.loop_times import loop_times

        timed = self.run(kernel, replace(request, counts=True))
        assembly = self.code("asm", request.form, schedule)
        times = loop_times(self.machine, request.form, schedule, request.sizes)
        return explain(self.machine, request.form, schedule, assembly, timed, times)

    def run_network(self, request: NetworkRequest) -> Report:
        """Check a network's numbers, and time it in turn with its peers and a probe of the peak."""
        from autosched.backends.cpu.run import run_network

        return run_network(self.machine, request)


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
