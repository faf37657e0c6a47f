"""What the times of a workload are drawn as."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Scale:
    """Speeds where the operations of a call are known, else times in microseconds."""

    flops: int | None
    unit: str = "GFLOP/s"

    @property
    def is_speed(self) -> bool:
        return bool(self.flops)

    @property
    def label(self) -> str:
        """What an axis says."""
        return f"Speed ({self.unit})" if self.is_speed else "Time (µs)"

    def of(self, time_ns: float) -> float | None:
        """A time as it is drawn; None for one that is infinite."""
        if not isfinite(time_ns):
            return None
        return self.flops / time_ns if self.flops else time_ns / 1e3
