"""Pictures of a task: its trials as a curve and below the roofline, or a kernel and others."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosched.cli.plots.curve import Scale, draw_curve
from autosched.cli.plots.files import paper_style, save
from autosched.cli.plots.roofline import draw_compared, draw_roofline
from autosched.errors import DatabaseError, WorkloadError

if TYPE_CHECKING:
    from autosched.backends.reporter import Roofs
    from autosched.search.task import Task
    from autosched.tuning_logs import Store

_WIDTH, _HEIGHT, _LEGEND = 3.2, 2.5, 1.1
"""Widths of a panel and of the legend of a roofline, in inches; two panels fill a page."""

_LETTERS = 14
"""Characters of a title in an inch."""


def draw_task(store: Store, task: Task, path: Path) -> int:
    """Write the picture; return its number of trials. Raises DatabaseError if none has a time."""
    from matplotlib.figure import Figure

    trials = list(store.trials(task.key, task.target_record.text, task.threads))
    times_ns = [trial.time_ns for trial in trials]
    if all(time_ns is None for time_ns in times_ns):
        raise DatabaseError(
            f"expected trials of {task.workload} with a time to draw, got none",
            hint="`autosched tune` makes them; --threads and --target say of which task",
        )
    reporter = task.backend.reporter
    scale = Scale(task.form.flops, reporter.rate_unit)
    roofs = reporter.roofs(task.form)
    with paper_style():
        # Made without pyplot: no window, and no state that others share.
        width = 2 * _WIDTH + _LEGEND if roofs else _WIDTH
        figure = Figure(figsize=(width, _HEIGHT), layout="constrained")
        panels = figure.subplots(1, 2 if roofs else 1, squeeze=False)[0]
        title = textwrap.wrap(f"{task.workload}, {reporter.caption}", int(width * _LETTERS))
        figure.suptitle("\n".join(title), fontsize=8)
        draw_curve(panels[0], times_ns, scale, roofs.peak_gflops if roofs else None)
        if roofs:
            speeds = [scale.of(time_ns) for time_ns in times_ns if time_ns is not None]
            draw_roofline(
                panels[1], roofs, _intensity(task), [speed for speed in speeds if speed is not None]
            )
        save(figure, path)
    return len(trials)


def known_roofs(task: Task) -> Roofs:
    """Return the limits of the machine. Raises WorkloadError if they are not known for the task."""
    roofs = task.backend.reporter.roofs(task.form)
    if roofs is None:
        raise WorkloadError(
            f"expected a workload with a roofline to draw, got {task.workload}",
            hint="one of known sizes, whose result is float32 or float64, on this machine",
        )
    return roofs


def draw_explained(task: Task, facts: Mapping[str, Any], path: Path) -> None:
    """Write the roofline with a kernel and others, from the facts of a run with peers."""
    from matplotlib.figure import Figure

    flops = task.form.flops
    assert flops, "roofs stand for known operations only"
    others = {name: flops / time_ns for name, time_ns in facts["peers"].items()}
    with paper_style():
        width = _WIDTH + _LEGEND
        figure = Figure(figsize=(width, _HEIGHT), layout="constrained")
        caption = task.backend.reporter.caption
        title = textwrap.wrap(f"{task.workload}, {caption}", int(width * _LETTERS))
        figure.suptitle("\n".join(title), fontsize=8)
        speed = flops / facts["time_ns"]
        draw_compared(figure.subplots(), known_roofs(task), _intensity(task), speed, others)
        save(figure, path)


def _intensity(task: Task) -> float:
    flops, moved = task.workload.flops, task.workload.bytes
    assert isinstance(flops, int), "roofs stand for known sizes only"
    assert isinstance(moved, int), "roofs stand for known sizes only"
    return flops / moved
