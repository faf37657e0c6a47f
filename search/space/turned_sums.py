"""Reductions whose results lie across what they read: computed as they are read, and then turned.

    C[j, i] = sum over k of A[k, i, j]

Vectors run along j, the rows of A. Sums of 64x64x64 floats over the second axis, transposed, take
13 us on a Zen 4 so, and 565 along i.
"""

from __future__ import annotations

from autosched.ir.traverse import free_vars
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.movement import LEAST_POINTS
from autosched.search.space.reduction import is_reduction
from autosched.search.space.structure import Read, extent, points_of, reads_of
from autosched.search.space.tiles import LARGE
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp


def turn_sums(builder: SketchBuilder) -> None:
    """Compute reductions in stages whose axes are in the order in which operands have them."""
    for stage in list(builder.schedule.stages):
        order = _order(stage)
        if order is not None and not stage.relations:
            builder.reorder(stage, order)
            builder.cache_write(stage, "global")


def _order(stage: Stage) -> list[Axis] | None:
    """Return the data axes as the largest operand has them, if they lie across its rows."""
    if not isinstance(stage.attachment, AtRoot) or not is_reduction(stage):
        return None
    assert isinstance(stage.op, ComputeOp), "only a reduction is one"
    wide = [axis for axis in stage.op.axis if extent(axis) != 1]
    reads = reads_of(stage.op)
    if len(wide) < 2 or not reads:
        return None
    largest = max(reads, key=lambda read: points_of(read.axes))
    rows = [axis for axis in wide if largest.stride_one(axis)]
    if not largest.axes.issuperset(wide) or not rows or wide[-1] in rows:
        return None
    if all((extent(axis) or LARGE) < LEAST_POINTS for axis in rows):
        return None
    return sorted(stage.op.axis, key=lambda axis: _dimension(largest, axis))


def _dimension(read: Read, axis: Axis) -> int:
    """Return the last dimension that an axis indexes; an axis that indexes none comes first."""
    used = [axis in free_vars(index) for index in read.indices]
    return max((dimension for dimension, is_used in enumerate(used) if is_used), default=-1)
