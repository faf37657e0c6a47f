"""A task's picture from its trials in the database: the tuning curve, on a CPU a roofline too."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from autosched.cli.plots.curve import draw_curve
from autosched.cli.plots.files import paper_style, save
from autosched.cli.plots.roofline import Roofs, draw_roofline
from autosched.cli.plots.scale import Scale
from autosched.cli.speed import operations, peak_dtype
from autosched.errors import DatabaseError

if TYPE_CHECKING:
    from autosched.search.task import Task
    from autosched.tuning_logs import Store

_WIDTH, _HEIGHT, _LEGEND = 3.2, 2.5, 1.1
"""Widths of a panel and of the legend of a roofline, in inches; two panels fill a page."""

_LETTERS = 14
"""Characters of a title in an inch."""


def draw_task(store: Store, task: Task, path: Path) -> int:
    """Write the picture; how many trials it shows. Raises DatabaseError where none has a time."""
    from matplotlib.figure import Figure

    trials = list(store.trials(task.key, task.target_record.text, task.threads))
    times_ns = [trial.time_ns for trial in trials]
    if all(time_ns is None for time_ns in times_ns):
        raise DatabaseError(
            f"expected trials of {task.workload} with a time to draw, got none",
            hint="`autosched tune` makes them; --threads and --target say of which task",
        )
    scale = _scale(task)
    roofs = _roofs(task)
    with paper_style():
        # Made without pyplot: no window, and no state that others share.
        width = 2 * _WIDTH + _LEGEND if roofs else _WIDTH
        figure = Figure(figsize=(width, _HEIGHT), layout="constrained")
        panels = figure.subplots(1, 2 if roofs else 1, squeeze=False)[0]
        title = textwrap.wrap(f"{task.workload}, {_where(task)}", int(width * _LETTERS))
        figure.suptitle("\n".join(title), fontsize=8)
        draw_curve(panels[0], times_ns, scale, roofs.peak_gflops if roofs else None)
        if roofs:
            speeds = [scale.of(time_ns) for time_ns in times_ns if time_ns is not None]
            draw_roofline(
                panels[1], roofs, _intensity(task), [speed for speed in speeds if speed is not None]
            )
        save(figure, path)
    return len(trials)


def _scale(task: Task) -> Scale:
    if task.packed is None:
        return Scale(operations(task.workload))
    flops = task.packed.flops
    return Scale(flops if isinstance(flops, int) else None, "GOP/s")


def _intensity(task: Task) -> float:
    flops, moved = task.workload.flops, task.workload.bytes
    assert isinstance(flops, int), "roofs stand for known sizes only"
    assert isinstance(moved, int), "roofs stand for known sizes only"
    return flops / moved


def _roofs(task: Task) -> Roofs | None:
    """Return the roofs of this machine; None for another target or unknown operation counts."""
    from autosched.measure.peak import measure_peak
    from autosched.target.target import Target

    here, dtype = Target.host(), peak_dtype(task.workload)
    known = isinstance(task.workload.flops, int) and isinstance(task.workload.bytes, int)
    if not isinstance(task.target, Target) or not known or not task.workload.flops or not dtype:
        return None
    if (task.target.cpu, task.target.features) != (here.cpu, here.features):
        return None
    peak = measure_peak(here)
    cores = task.threads
    gflops = peak.float32_gflops if dtype == "float32" else peak.float64_gflops
    own = {"L1": peak.l1_gbytes * cores, "L2": peak.l2_gbytes * cores}
    one = "" if cores == 1 else " (one core)"
    shared = {f"L3{one}": peak.l3_gbytes, f"DRAM{one}": peak.dram_gbytes}
    return Roofs(gflops * cores, own | shared)


def _where(task: Task) -> str:
    if task.packed is not None:
        target = task.packed_target
        return f"vta {target.preset} {target.config}"
    return f"{task.host_cpu}, {task.threads} thread{'s' if task.threads > 1 else ''}"
