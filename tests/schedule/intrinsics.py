"""Tensor intrinsics that compute what the innermost loops of a stage do, as loops of their own."""

from __future__ import annotations

from autosched import te
from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import interval
from autosched.ir.build import sub
from autosched.ir.expr import Buffer, Const, Expr, Var
from autosched.ir.rewrite import map_expr, replace_buffers, substitute
from autosched.ir.stmt import Block, Stmt, block
from autosched.ir.traverse import free_vars
from autosched.lowering.lower import lower
from autosched.schedule.inline import inline_all
from autosched.schedule.instruction import axis_values
from autosched.schedule.primitives import Tensorize
from autosched.schedule.rewrite import fresh_axis, make_op
from autosched.schedule.schedule import Schedule, Stage, create_schedule
from autosched.schedule.trace import replay
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Reduce, TensorRead
from autosched.te.tensor_intrinsic import TensorIntrinsic, declared


def intrinsic_of(stage: Stage, position: int) -> TensorIntrinsic | None:
    """An intrinsic for the loops of `stage` from `position` on; None if there is none so simple."""
    op = inline_all(stage.schedule)[stage]
    if not isinstance(op, ComputeOp):
        return None
    meaning = _meaning(op, stage, stage.leaves[position:])
    return None if meaning is None else declared_loops(meaning)


def without_intrinsics(schedule: Schedule) -> Schedule:
    """The same schedule with loops in the place of its tensor intrinsics."""
    kept = [
        step
        for step in schedule.trace
        if not (isinstance(step, Tensorize) and declared(step.instruction))
    ]
    return replay(schedule.outputs, kept)


def declared_loops(op: ComputeOp) -> TensorIntrinsic:
    """The intrinsic whose statements are the loops of `op`, over buffers with any strides."""
    s = create_schedule(op)
    if op.reduce_axis:
        s[op].reorder(*op.reduce_axis, *op.axis)
    tensors = [*op.input_tensors, *op.outputs]
    nest = lower(s, tensors)
    buffers = {
        tensor: Buffer(
            tensor.op.name,
            tensor.shape,
            tensor.dtype,
            strides=tuple(te.var("stride") for _ in tensor.shape),
        )
        for tensor in tensors
    }
    made = dict(zip(nest.params, buffers.values(), strict=True))
    body = replace_buffers(nest.body, made)
    parts: tuple[Stmt, ...] = (body,)
    if op.reduce_axis:
        assert isinstance(body, Block)
        parts = (body, block(*body.stmts[:-1]), body.stmts[-1])
    return te.decl_tensor_intrin(op, lambda ins, outs: parts, "loops", binds=buffers)


def _meaning(op: ComputeOp, stage: Stage, inner: list[Axis]) -> ComputeOp | None:
    values = axis_values(stage, op)
    moving = [a for a in (*op.axis, *op.reduce_axis) if set(inner) & set(free_vars(values[a]))]
    bounds = Bounds()
    for leaf in stage.leaves:
        bounds.add_loop(leaf, te.const(0), leaf.extent)
    at_start = dict.fromkeys(inner, te.const(0))
    own: dict[Var, Expr] = {axis: te.const(0) for axis in (*op.axis, *op.reduce_axis)}
    for axis in moving:
        low, high = interval(sub(values[axis], substitute(values[axis], at_start)), bounds)
        if low != 0 or high is None:
            return None
        own[axis] = fresh_axis(axis.name, te.const(high + 1), axis.kind)
    ranges = Bounds()
    for each in own.values():
        if isinstance(each, Axis):
            ranges.add_loop(each, te.const(0), each.extent)
    inputs: dict[te.Tensor, te.Tensor] = {}

    def read(node: Expr) -> Expr:
        if not isinstance(node, TensorRead):
            return node
        indices = [substitute(index, own) for index in node.indices]
        spans = [interval(index, ranges) for index in indices]
        if node.tensor not in inputs:
            shape = [(high or 0) + 8 for _, high in spans]
            inputs[node.tensor] = te.placeholder(shape, node.dtype, "p" + str(len(inputs)))
        return inputs[node.tensor].read(tuple(index + 4 for index in indices))

    bodies = []
    for body in op.bodies:
        if type(body) is Reduce:
            axes = tuple(own[a] for a in op.reduce_axis if isinstance(own[a], Axis))
            if not axes:
                return None
            sources = tuple(substitute(map_expr(each, read), own) for each in body.sources)
            condition = substitute(map_expr(body.condition, read), own)
            is_empty = type(condition) is Const and not condition.value
            if body.initial is not None or is_empty:
                return None
            bodies.append(
                Reduce(body.combiner, sources, axes, condition, body.value_index, body.dtype)
            )
        else:
            bodies.append(substitute(map_expr(body, read), own))
    axes = tuple(own[axis] for axis in op.axis if isinstance(own[axis], Axis))
    return make_op("meaning", axes, tuple(bodies))
