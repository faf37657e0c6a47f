"""Inlining: replaces reads of inlined stages by the bodies of those stages."""

from __future__ import annotations

from collections.abc import Container, Mapping

from autosched.ir.expr import Const, Expr, Var
from autosched.ir.rewrite import rebuild
from autosched.ir.structure import ExprKeys
from autosched.ir.traverse import Steps, children, recurse
from autosched.schedule.rewrite import substitute_bodies, with_bodies
from autosched.schedule.state import Inlined, ScheduleState, StageState
from autosched.te.tensor import ComputeOp, Operation, Tensor, TensorRead


def inline_all(
    schedule: ScheduleState, stored: Container[Tensor] = ()
) -> dict[StageState, Operation]:
    """Return the operation of each stage, with reads of inlined stages replaced by their bodies.

    Its outputs are the tensors of `stage.op`, and it reads the tensors of the other stages. An
    inlined stage keeps its own reads unless its tensor is `stored` too. The schedule does not
    change.
    """
    inlined: dict[Tensor, ComputeOp] = {}
    ops: dict[StageState, Operation] = {}
    for stage in schedule.stages:
        op = stage.op
        if isinstance(op, ComputeOp):
            is_inlined = type(stage.attachment) is Inlined
            if not is_inlined or any(tensor in stored for tensor in op.outputs):
                op = _inlined_into(op, inlined)
            if is_inlined:
                assert isinstance(stage.op, ComputeOp)
                inlined[stage.op.outputs[0]] = stage.op
        ops[stage] = op
    return ops


def _inlined_into(op: ComputeOp, inlined: Mapping[Tensor, ComputeOp]) -> ComputeOp:
    if inlined.keys().isdisjoint(op.input_tensors):
        return op
    into = _Inlining(inlined)
    new = with_bodies(op, tuple(recurse(into.steps, body) for body in op.bodies))
    new.outputs = op.outputs
    return new


class _Inlining:
    """Replaces reads of the tensors of `inlined`; equal reads become one node."""

    def __init__(self, inlined: Mapping[Tensor, ComputeOp]):
        self._inlined = inlined
        self._keys = ExprKeys()
        self._elements: dict[int, Expr] = {}
        self._done: dict[Expr, Expr] = {}

    def steps(self, expr: Expr) -> Steps:
        """Return `expr` with reads of inlined tensors replaced by their values."""
        if expr not in self._done:
            operands = []
            for operand in children(expr):
                is_leaf = isinstance(operand, Var | Const)
                operands.append(operand if is_leaf else (yield (operand,)))
            new = rebuild(expr, tuple(operands))
            if isinstance(new, TensorRead) and new.tensor in self._inlined:
                new = yield from self._element(new)
            self._done[expr] = new
        return self._done[expr]

    def _element(self, read: TensorRead) -> Steps:
        key = self._keys.of(read)
        if key not in self._elements:
            op = self._inlined[read.tensor]
            values = dict(zip(op.axes, read.indices, strict=True))
            self._elements[key] = yield substitute_bodies(op.bodies, values)
        return self._elements[key]
