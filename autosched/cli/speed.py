"""From times to GFLOP/s and shares of this machine's measured peak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from autosched.search.text import duration, rate

if TYPE_CHECKING:
    from autosched.ops.instance import WorkloadInstance
    from autosched.target.target import Target


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a workload of so many operations runs, on cores with that peak together.

    `flops` is None where it depends on symbolic sizes, `peak_gflops` where the multiply-add
    peak of the workload's dtype is not measured.
    """

    flops: int | None
    peak_gflops: float | None

    def gflops(self, time_ns: float | None) -> float | None:
        """Operations a nanosecond."""
        return None if time_ns is None or not self.flops else self.flops / time_ns

    def share(self, time_ns: float | None) -> float | None:
        """The part of the peak that is reached."""
        reached = self.gflops(time_ns)
        return None if reached is None or self.peak_gflops is None else reached / self.peak_gflops

    def remark(self, time_ns: float | None) -> str | None:
        """Why the share of the peak may be above 1, where it is."""
        share = self.share(time_ns)
        if share is None or share <= 1:
            return None
        return (
            "faster than the measured peak: the machine was slower while that was measured, or "
            "fewer operations are executed than the expression counts"
        )

    def with_peak_of(self, other: Speed) -> Speed:
        """The same with the greater of two measurements of the peak: load makes it seem low."""
        if self.peak_gflops is None or other.peak_gflops is None:
            return self
        return replace(self, peak_gflops=max(self.peak_gflops, other.peak_gflops))

    def text(self, time_ns: float) -> str:
        """The time, and the speed where that is known."""
        reached = self.gflops(time_ns)
        speed = "" if reached is None else f", {rate(reached, self.share(time_ns))}"
        return f"{duration(time_ns)}{speed}"


def speed_of(workload: WorkloadInstance, target: Target, threads: int) -> Speed:
    """Measures the peak of one core, in a few hundredths of a second."""
    from autosched.measure.peak import fma_peak

    dtype = peak_dtype(workload)
    return Speed(operations(workload), fma_peak(target, dtype) * threads if dtype else None)


def operations(workload: WorkloadInstance) -> int | None:
    """The operations of a call, where they do not depend on symbolic sizes."""
    return workload.flops if isinstance(workload.flops, int) else None


def peak_dtype(workload: WorkloadInstance) -> str | None:
    """The dtype whose multiply-add peak limits the workload, where that is measured."""
    dtype = workload.outputs[-1].dtype.name
    return dtype if dtype in ("float32", "float64") else None
