"""Times and speeds in words."""

from __future__ import annotations

import math
from dataclasses import dataclass


def duration(time_ns: float | None) -> str:
    """A time in the unit that suits it."""
    if time_ns is None or not math.isfinite(time_ns):
        return "-"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if time_ns >= size:
            return f"{time_ns / size:.4g} {unit}"
    return f"{time_ns:.4g} ns"


def rate(gflops: float | None, share: float | None = None) -> str:
    """A speed, with its share of the peak where that is known."""
    if gflops is None:
        return "-"
    return f"{gflops:.1f} GFLOP/s" + ("" if share is None else f" ({share:.1%} of the peak)")


@dataclass(frozen=True, slots=True)
class PlainSpeed:
    """What times of a workload of so many operations mean; None where sizes decide how many."""

    flops: int | None

    def text(self, time_ns: float) -> str:
        """The time, and the speed where that is known."""
        return duration(time_ns) + (f", {rate(self.flops / time_ns)}" if self.flops else "")
