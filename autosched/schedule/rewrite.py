"""Makes operations from others, with other bodies, other reads, or marked indices from data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autosched.ir.build import const
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr
from autosched.ir.rewrite import map_expr
from autosched.te.axis import Axis, AxisKind
from autosched.te.bounds import Inside, reads_data
from autosched.te.tensor import ComputeOp, Operation, Tensor, TensorRead

Read = Callable[[tuple[Expr, ...]], Expr]
"""Makes the expression that replaces the read of a tensor at the indices."""


ZERO = const(0)


def fresh_axis(name: str, extent: Expr, kind: AxisKind = AxisKind.DATA) -> Axis:
    """Return a new axis that starts at 0."""
    return Axis(name, INDEX, ZERO, extent, kind)


def make_op(
    name: str,
    axes: tuple[Axis, ...],
    bodies: tuple[Expr, ...],
    tag: str = "",
    attrs: dict[str, object] | None = None,
) -> ComputeOp:
    """Return an operation with tensors of the shape that the axes span."""
    op = ComputeOp(name, axes, bodies, tag, dict(attrs or {}))
    op.make_outputs(tuple(axis.extent for axis in axes), (body.dtype for body in bodies))
    return op


def with_bodies(op: ComputeOp, bodies: tuple[Expr, ...]) -> ComputeOp:
    """Return `op` with other bodies over the same axes."""
    new = ComputeOp(op.name, op.axes, bodies, op.tag, op.attrs)
    new.outputs = tuple(Tensor(new, t.value_index, t.shape, t.dtype) for t in op.outputs)
    return new


def map_bodies(op: ComputeOp, fn: Callable[[Expr], Expr]) -> tuple[Expr, ...]:
    """Replace each node of the bodies by `fn` of it; shared nodes stay shared."""
    memo: dict[Expr, Expr] = {}
    return tuple(map_expr(body, fn, memo) for body in op.bodies)


def substitute_bodies(
    bodies: tuple[Expr, ...],
    values: Mapping[Axis, Expr],
    fn: Callable[[Expr], Expr] | None = None,
) -> tuple[Expr, ...]:
    """Replace axes in the bodies, then each node by `fn` of it; shared nodes stay shared."""
    memo: dict[Expr, Expr] = dict(values.items())
    return tuple(map_expr(body, fn, memo) for body in bodies)


def with_replaced_tensors(op: ComputeOp, reads: Mapping[Tensor, Read]) -> ComputeOp:
    """Return `op` with each read of a tensor in `reads` replaced by the result of its function."""

    def replaced(node: Expr) -> Expr:
        if type(node) is TensorRead and node.tensor in reads:
            return reads[node.tensor](node.indices)
        return node

    return with_bodies(op, map_bodies(op, replaced))


def with_reads_of(op: ComputeOp, tensors: Mapping[Tensor, Tensor]) -> ComputeOp:
    """Return `op` with reads of other tensors at the same indices."""
    return with_replaced_tensors(op, {old: new.read for old, new in tensors.items()})


def gathers(op: Operation) -> bool:
    """Tell whether `op` reads a tensor at an index from data."""
    return isinstance(op, ComputeOp) and any(
        reads_data(index) for read in op.reads for index in read.indices
    )


def with_marked_indices(op: ComputeOp) -> ComputeOp:
    """Return `op` with every index from data in its reads marked."""
    return with_bodies(op, map_bodies(op, _marked))


def _marked(node: Expr) -> Expr:
    if type(node) is not TensorRead:
        return node
    tensor = node.tensor
    indices = tuple(
        Inside(index, extent, tensor.name, dimension, index.dtype) if reads_data(index) else index
        for dimension, (index, extent) in enumerate(zip(node.indices, tensor.shape, strict=True))
    )
    if all(new is old for new, old in zip(indices, node.indices, strict=True)):
        return node
    return TensorRead(tensor, indices, node.dtype)
