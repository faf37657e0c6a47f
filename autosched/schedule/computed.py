"""The value that a stage computes for the element that a read names."""

from __future__ import annotations

from autosched.ir.build import add
from autosched.ir.expr import Expr
from autosched.ir.rewrite import substitute
from autosched.schedule.state import ScheduleState
from autosched.te.tensor import ComputeOp, Reduce, TensorRead


def computed(schedule: ScheduleState, read: TensorRead) -> Expr | None:
    """Return the expression of the element that is read; None if no stage has one or it reduces."""
    if read.tensor not in schedule:
        return None
    op = schedule[read.tensor].op
    if not isinstance(op, ComputeOp) or len(op.bodies) > 1 or type(op.bodies[0]) is Reduce:
        return None
    at = zip(op.axis, read.indices, strict=True)
    return substitute(op.bodies[0], {axis: add(index, axis.start) for axis, index in at})
