"""Converts the times of a workload to the values that a picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a picture: speeds in `unit`, or microseconds if `flops` is unknown."""

    flops: int | None
    unit: str = "GFLOP/s"

    @property
    def is_speed(self) -> bool:
        return bool(self.flops)

    @property
    def label(self) -> str:
        """The label of the axis."""
        return f"Speed ({self.unit})" if self.is_speed else "Time (µs)"

    def of(self, time_ns: float) -> float | None:
        """Convert a time in nanoseconds to the value shown; None for an infinite time."""
        if not isfinite(time_ns):
            return None
        return self.flops / time_ns if self.flops else time_ns / 1e3
