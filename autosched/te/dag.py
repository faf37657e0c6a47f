"""The graph of the operations that some tensors need: order, inputs, outputs, sizes."""

from __future__ import annotations

from collections.abc import Iterable

from autosched.ir.expr import Expr, Var
from autosched.ir.traverse import walk
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Operation, PlaceholderOp, ScanOp, Tensor


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
    """Return the placeholders the tensors need, in topological order, without states of scans."""
    order = topological_order(tensors)
    states = {state for op in order if isinstance(op, ScanOp) for state in op.state_placeholder}
    every = [op.outputs[0] for op in order if isinstance(op, PlaceholderOp)]
    return [tensor for tensor in every if tensor not in states]


def scan_body(scan: ScanOp) -> list[Operation]:
    """Return the operations that are computed in each step of a scan, each after what it reads.

    These are the updates, and what the updates need that depends on a state.
    """
    order = topological_order(scan.update)
    states = {state.op for state in scan.state_placeholder}
    updates = {tensor.op for tensor in scan.update}
    found: dict[Operation, None] = {}
    for op in order:
        read = {tensor.op for tensor in op.input_tensors}
        if op in updates or not read.isdisjoint(states) or not read.isdisjoint(found):
            found[op] = None
    return list(found)


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
