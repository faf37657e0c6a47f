"""Marks indices from data with the range they must be in, before anything is rewritten."""

from __future__ import annotations

from autosched.ir.expr import Expr
from autosched.schedule.rewrite import map_bodies, with_bodies
from autosched.te.bounds import Inside, reads_data
from autosched.te.tensor import ComputeOp, Operation, TensorRead


def gathers(op: Operation) -> bool:
    """Whether `op` reads a tensor at an index from data."""
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
