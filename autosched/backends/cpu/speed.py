"""Converts times to GFLOP/s and to shares of this machine's measured peak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autosched.backends.reporter import Report, Speed
from autosched.target.target import Target

if TYPE_CHECKING:
    from autosched.measure.peak import Peak
    from autosched.ops.instance import WorkloadInstance
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class PeakSpeed(Speed):
    """How fast a workload runs on cores that reach `peak_gflops` together.

    It is None where the multiply-add peak of the workload's dtype is not measured.
    """

    peak_gflops: float | None

    def share(self, time_ns: float | None) -> float | None:
        reached = self.gflops(time_ns)
        return None if reached is None or self.peak_gflops is None else reached / self.peak_gflops

    def remark(self, time_ns: float | None) -> str | None:
        """Return an explanation if the share of the peak is above 1; otherwise None."""
        share = self.share(time_ns)
        if share is None or share <= 1:
            return None
        return (
            "faster than the measured peak: the machine was slower while that was measured, or "
            "fewer operations are executed than the expression counts"
        )

    def combined(self, later: Speed) -> Speed:
        """Return this speed with the greater of two measured peaks: load lowers a measurement."""
        peak = later.facts.get("peak_gflops")
        if self.peak_gflops is None or peak is None:
            return self
        return replace(self, peak_gflops=max(self.peak_gflops, peak))

    @property
    def facts(self) -> dict[str, Any]:
        return {"peak_gflops": self.peak_gflops}

    def measured(self, time_ns: float) -> dict[str, Any]:
        """Return the entries of a document for a time."""
        return {
            "gflops": self.gflops(time_ns),
            "share_of_peak": self.share(time_ns),
            "remark": self.remark(time_ns),
        }

    def of_best(self, schedule: Schedule, time_ns: float) -> Report:
        remark = self.remark(time_ns)
        return Report(self.measured(time_ns), {"remark": remark} if remark else {})


def measured_here(target: Target) -> Peak | None:
    """Return the measured limits of one core, or None for another processor than this one."""
    from autosched.measure.peak import measure_peak

    here = Target.host()
    same = (target.cpu, target.features) == (here.cpu, here.features)
    return measure_peak(here) if same else None


def multiply_adds(peak: Peak, workload: WorkloadInstance) -> float | None:
    """Return the GFLOP/s of a core in the workload's dtype, where that is measured."""
    dtype = peak_dtype(workload)
    return getattr(peak, f"{dtype}_gflops") if dtype else None


def peak_dtype(workload: WorkloadInstance) -> str | None:
    """Return the dtype whose multiply-add peak limits the workload, where that is measured."""
    dtype = workload.outputs[-1].dtype.name
    return dtype if dtype in ("float32", "float64") else None
