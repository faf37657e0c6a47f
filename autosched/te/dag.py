"""The graph of the operations that some tensors need: order, inputs, outputs, sizes."""

from __future__ import annotations

from collections.abc import Iterable

from autosched.ir.expr import Expr, Var
from autosched.ir.traverse import walk
from autosched.te.tensor import Axis, ComputeOp, Operation, PlaceholderOp, Tensor


def topological_order(tensors: Iterable[Tensor]) -> list[Operation]:
    """Return every operation the tensors need, each after the operations it reads."""
    done: dict[Operation, None] = {}
    stack: list[tuple[Operation, bool]] = [(tensor.op, False) for tensor in tensors][::-1]
    while stack:
        op, entered = stack.pop()
        if op in done:
            continue
        if entered:
            done[op] = None
            continue
        stack.append((op, True))
        stack += [(read.op, False) for read in reversed(op.input_tensors) if read.op not in done]
    return list(done)


def inputs(tensors: Iterable[Tensor]) -> list[Tensor]:
    """Return the placeholders the tensors need, in topological order."""
    return [op.outputs[0] for op in topological_order(tensors) if isinstance(op, PlaceholderOp)]


def outputs(tensors: Iterable[Tensor]) -> list[Tensor]:
    """Return the computed tensors among the given ones, in their order."""
    return [tensor for tensor in tensors if not isinstance(tensor.op, PlaceholderOp)]


def size_vars(tensors: Iterable[Tensor]) -> list[Var]:
    """Return the symbolic sizes the tensors depend on, in topological order."""
    found: dict[Var, None] = {}
    for op in topological_order(tensors):
        for expr in _exprs(op):
            for node in walk(expr):
                if isinstance(node, Var) and not isinstance(node, Axis):
                    found[node] = None
    return list(found)


def _exprs(op: Operation) -> list[Expr]:
    exprs = list(op.outputs[0].shape)
    for axis in op.reduce_axis:
        exprs += (axis.start, axis.extent)
    return exprs + list(op.bodies) if isinstance(op, ComputeOp) else exprs
