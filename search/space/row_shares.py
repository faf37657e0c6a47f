"""Reductions down columns that threads share: each of them reduces rows of its own.

A thread then reads memory from end to end, as one thread alone does. Where each has columns of its
own, it reads a part of every row, and the prefetchers of the hardware stop at its end.
"""

from __future__ import annotations

from collections.abc import Mapping

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.reduction import (
    accumulate_rows,
    is_from_memory,
    is_reduction,
    longest_axis,
)
from autosched.search.space.structure import extent, points_of, reads_of
from autosched.search.space.tiles import Core, ceil_div
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp

SHARES = 2
"""Shares of a thread: one that is held up then does less."""

LEAST_ROWS = 256
"""Rows of a share from which on it takes no time to add shares up."""


def share_rows(b: SketchBuilder, sink: Stage, columns: Mapping[Stage, Axis], core: Core) -> bool:
    """Reduce shares of the rows in parallel, if that is better than to share the columns.

    Of the stages of `columns`, which are computed for each column of the `sink`, the reduction is
    left to reduce the results of the shares: little work, for one thread.
    """
    stage = _shared(sink, columns, core)
    if stage is None:
        return False
    longest, axis = longest_axis(stage.op.reduce_axis), columns[stage]
    rows, size = extent(longest) or 1, extent(axis) or 1
    position = stage.op.axis.index(axis)
    outer, _ = b.split(stage, longest, ceil_div(rows, SHARES * core.threads))
    partial = b.rfactor(stage, outer)
    share, *data = partial.op.axis
    accumulate_rows(b, partial, data[position], size, core)
    b.parallel(partial, share)
    return True


def _shared(sink: Stage, columns: Mapping[Stage, Axis], core: Core) -> Stage | None:
    """Return the stage whose rows threads share; None if it is better that they share columns.

    It is the only reduction, and reads none of the stages. L1 keeps the results of a share while
    the rows go through. Many take time to load and store again, unless the rows come from memory.
    Two threads of a Zen 4, sums of columns, in us: 2048x1000 float32 68 -> 53, 10000x64 27 -> 15,
    4096x4096 1040 -> 900; but 512x4096 60 -> 75.
    """
    found = [stage for stage in columns if is_reduction(stage)]
    if core.threads == 1 or len(found) != 1:
        return None
    op, size = found[0].op, extent(columns[found[0]])
    assert isinstance(op, ComputeOp)
    rows, reads = extent(longest_axis(op.reduce_axis)), reads_of(op)
    if rows is None or rows < LEAST_ROWS * SHARES * core.threads:
        return None
    made = {tensor for stage in columns for tensor in stage.op.outputs}
    if size != points_of(sink.op.axis) or any(read.tensor in made for read in reads):
        return None
    most = core.l1_bytes // (2 if is_from_memory(op, core) else 8)
    return found[0] if size * op.outputs[0].dtype.bytes <= most else None
