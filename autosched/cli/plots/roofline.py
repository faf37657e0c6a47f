"""The roofline: the limits of the multiply-add units and of the memory, and speeds below.

After Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for
multicore architectures", 2009. A workload's intensity is its operations divided by the bytes
of its inputs and outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

from autosched.cli.plots.curve import BEST, EACH, FAILED, LIMIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autosched.backends.reporter import Roofs

_ROOFS = ("#009e73", "#56b4e9", "#e69f00", "#cc79a7")
_MARKERS = "ovs^DPX<>"


def draw_roofline(axes: Axes, roofs: Roofs, intensity: float, speeds: Sequence[float]) -> None:
    """Draw the roofs and the trials below them; `speeds` in GFLOP/s, one of them or more."""
    _draw_roofs(axes, roofs, intensity)
    axes.plot([intensity] * len(speeds), speeds, ".", color=EACH, markersize=4, label="trial")
    best = max(speeds)
    _draw_star(axes, roofs, intensity, best, f"best, {best:.3g} GFLOP/s")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def draw_compared(
    axes: Axes, roofs: Roofs, intensity: float, speed: float, others: Mapping[str, float]
) -> None:
    """Draw the roofs, a kernel and others of the same workload; speeds in GFLOP/s, by name."""
    _draw_roofs(axes, roofs, intensity)
    for marker, (name, value) in zip(cycle(_MARKERS), others.items(), strict=False):
        label = f"{name}, {value:.3g} GFLOP/s"
        axes.plot([intensity], [value], marker, color=FAILED, markersize=4, label=label)
    _draw_star(axes, roofs, intensity, speed, f"this kernel, {speed:.3g} GFLOP/s")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_star(axes: Axes, roofs: Roofs, intensity: float, speed: float, name: str) -> None:
    share = speed / roofs.peak_gflops
    axes.plot(
        [intensity], [speed], "*", color=BEST, markersize=8, markeredgewidth=0,
        label=f"{name}\n({share:.0%} of the peak)",
    )  # fmt: skip


def _draw_roofs(axes: Axes, roofs: Roofs, intensity: float) -> None:
    ridges = {name: roofs.peak_gflops / gbytes for name, gbytes in roofs.gbytes.items()}
    least, most = min(*ridges.values(), intensity) / 6, max(*ridges.values(), intensity) * 6
    for (name, gbytes), color in zip(roofs.gbytes.items(), _ROOFS, strict=True):
        axes.plot(
            [least, ridges[name]], [least * gbytes, roofs.peak_gflops], color=color, linewidth=1,
            label=f"{name} {gbytes:.0f} GB/s",
        )  # fmt: skip
    axes.plot([min(ridges.values()), most], [roofs.peak_gflops] * 2, color=LIMIT, linewidth=1.2)
    axes.annotate(
        f"peak {roofs.peak_gflops:.0f} GFLOP/s", (most, roofs.peak_gflops), (0, 2),
        textcoords="offset points", ha="right", va="bottom", fontsize=7,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(least, most)
    axes.set_xlabel("Intensity (FLOP/byte of inputs and outputs)")
    axes.set_ylabel("Speed (GFLOP/s)")
