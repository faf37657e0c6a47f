"""The tensor reads in the bodies of an operation."""

from __future__ import annotations

from autosched.ir.visitor import walk
from autosched.te.operation import ComputeOp, TensorRead


def tensor_reads(op: ComputeOp) -> list[TensorRead]:
    """Every read in the bodies of `op`, in order; a read shared by several places stands once."""
    found: dict[int, TensorRead] = {}
    for body in op.bodies:
        for node in walk(body):
            if type(node) is TensorRead:
                found.setdefault(id(node), node)
    return list(found.values())
