"""Inlining: the bodies of inlined stages put in the place of the reads of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autosched.ir.expr import Expr
from autosched.schedule.relations import Inlined
from autosched.schedule.rewrite import Read, substitute_bodies, with_replaced_tensors
from autosched.te.operation import ComputeOp, Operation
from autosched.te.tensor import Tensor

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule
    from autosched.schedule.stage import Stage


def inline_all(schedule: Schedule) -> dict[Stage, Operation]:
    """The operation of each stage, with the bodies of inlined stages in place of their reads.

    Its outputs are the tensors of `stage.op`, and what it reads of other stages are theirs.
    The schedule does not change.
    """
    inlined: dict[Tensor, Read] = {}
    ops: dict[Stage, Operation] = {}
    for stage in schedule.stages:
        op = stage.op
        if isinstance(op, ComputeOp):
            if not inlined.keys().isdisjoint(stage.inputs):
                op = with_replaced_tensors(op, inlined)
                op.outputs = stage.op.outputs
            if type(stage.attachment) is Inlined:
                inlined[stage.op.outputs[0]] = _value_of(op)
        ops[stage] = op
    return ops


def _value_of(op: ComputeOp) -> Read:
    def value(indices: tuple[Expr, ...]) -> Expr:
        return substitute_bodies(op.bodies, dict(zip(op.axes, indices, strict=True)))[0]

    return value
