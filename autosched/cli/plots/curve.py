"""The tuning curve: every trial, and the best so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EACH, BEST, FAILED, LIMIT = "#9ecae1", "#08519c", "#d55e00", "#444444"

_NEAR = 0.25
"""The share of the peak below which the peak is left out: it would press the curve flat."""


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


def draw_curve(
    axes: Axes, times_ns: Sequence[float | None], scale: Scale, peak: float | None
) -> None:
    """Draw the trials in order; those without a time have failed, and stand at the bottom.

    `peak` is the speed of the machine, drawn where the best comes near it.
    """
    from matplotlib.ticker import MaxNLocator

    known = [(n, scale.of(t)) for n, t in enumerate(times_ns, 1) if t is not None]
    axes.plot(*zip(*known, strict=True), ".", color=EACH, markersize=4, label="trial")
    best = [scale.of(time_ns) for time_ns in accumulate(_filled(times_ns), min)]
    numbers = [n for n, value in enumerate(best, 1) if value is not None]
    values = [value for value in best if value is not None]
    axes.step(numbers, values, where="post", color=BEST, linewidth=1.4, label="best so far")
    failed = [n for n, time_ns in enumerate(times_ns, 1) if time_ns is None]
    if failed:
        bottom = axes.get_xaxis_transform()
        axes.plot(
            failed, [0.02] * len(failed), "x", color=FAILED, markersize=3.5, transform=bottom,
            label=f"failed ({len(failed)})",
        )  # fmt: skip
    if peak is not None and max(values) >= peak * _NEAR:
        axes.axhline(peak, color=LIMIT, linewidth=0.8, linestyle="--", label="measured peak")
    if scale.is_speed:
        axes.set_ylim(bottom=0)
    else:
        axes.set_yscale("log")
    axes.set_xlim(0, len(times_ns) + 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("Trial")
    axes.set_ylabel(scale.label)
    axes.legend(loc="best")


def _filled(times_ns: Sequence[float | None]) -> list[float]:
    return [float("inf") if time_ns is None else time_ns for time_ns in times_ns]
