"""Blocks of rows: several rows go through the phases of a group together.

A row is reduced, and only then can the next phase start: the lanes of a vector are combined, in a
chain of dependent operations. Rows of one block are independent, so that a processor fills such
waits with the next row. While one phase computes, the rows of the next block are fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autosched.schedule.inline import inline_all
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import Number, SketchBuilder
from autosched.search.space.groups import LEAST_ROWS
from autosched.search.space.structure import extent, points_of, reads_of
from autosched.search.space.tiles import LARGE, Core
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp

ROWS = (1, 2, 4, 8, 16)

VECTORS = 32
"""Vectors of a block by default: about as much work as a processor reorders."""


def decide_rows(
    builder: SketchBuilder, sink: Stage, rows: Sequence[Axis], row_points: int, core: Core
) -> Number:
    """Open how many steps of the last of the `rows` make a block of rows of so many points.

    By default it has two rows or more, so that the next ones can be fetched, unless they fill the
    L1 cache, or leave fewer blocks than shared loops need. With symbolic sizes it has one row.
    """
    size = extent(rows[-1])
    if size is None or row_points >= LARGE:
        return 1
    choices = [count for count in ROWS if count <= size]
    blocks = points_of(rows) // LEAST_ROWS
    # What is read, what is kept between the phases, and what is read next.
    fitting = core.l1_bytes // (3 * row_points * sink.op.outputs[0].dtype.bytes)
    wanted = max(2, VECTORS * core.lanes // row_points)
    default = max(n for n in choices if n <= max(1, min(blocks, fitting, wanted)))
    return builder.decide(f"{sink.name}.{rows[-1].name}.rows", "block", choices, default)


def fetch_ahead(builder: SketchBuilder, readers: Mapping[Stage, Axis], rows: Number) -> None:
    """Prefetch the rows of the next block, each tensor in the last stage that reads it.

    `readers` are the stages computed in a block, producers first, with their axes of rows.
    """
    ops = inline_all(builder.schedule)
    fetched = set()
    for stage, axis in reversed(list(readers.items())):
        op = ops[stage]
        assert isinstance(op, ComputeOp)
        for read in reads_of(op):
            is_stored = isinstance(builder.schedule[read.tensor].attachment, AtRoot)
            if is_stored and axis in read.axes and read.tensor not in fetched:
                fetched.add(read.tensor)
                builder.prefetch(stage, read.tensor, axis, rows)
