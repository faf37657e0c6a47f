"""The part of `tvm.te.schedule` that scripts use: bounds, automatic inlining, and types."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from autosched.ir.stmt import LoopKind, Stmt
from autosched.lowering.bounds import inferred_bounds
from autosched.lowering.lower import lower
from autosched.schedule.relations import AxisFusion as Fuse
from autosched.schedule.relations import AxisSplit as Split
from autosched.schedule.relations import AxisUnit as Singleton
from autosched.schedule.schedule import Schedule, Stage, create_schedule
from autosched.te.axis import Axis, Range
from autosched.te.dag import inputs
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor, TensorRead
from autosched.tvm.absent import refusing
from autosched.tvm.te.applied import apply_intrinsics
from autosched.tvm.te.scans import CreateAttachPath, ScanFixPointAnalysis, ScanGetBody
from autosched.tvm.tir.buffers import Buffer

__all__ = [
    "AutoInlineBroadcast", "AutoInlineElemWise", "AutoInlineInjective", "Buffer",
    "CreateAttachPath", "CreateReadGraph", "Fuse", "InferBound", "IterVar", "PostDFSOrder",
    "ScanFixPointAnalysis", "ScanGetBody", "Schedule", "ScheduleOps", "Singleton", "Split", "Stage",
    "create_schedule",
]  # fmt: skip

IterVar = SimpleNamespace(
    Unrolled=LoopKind.UNROLLED, Vectorized=LoopKind.VECTORIZED, Parallelized=LoopKind.PARALLEL
)
"""The ways in which a loop runs; none is `None`."""


def InferBound(sch: Schedule) -> dict[Axis, Range]:
    """Return the range of every axis of the schedule."""
    return inferred_bounds(sch)


def ScheduleOps(sch: Schedule, bounds: Mapping[Axis, Range]) -> Stmt:
    """Return the loop nest of the schedule before any pass. The bounds are found again."""
    apply_intrinsics(sch)
    outputs = [tensor for op in sch.outputs for tensor in op.outputs]
    return lower(sch, [*inputs(outputs), *outputs]).body


def AutoInlineElemWise(sch: Schedule) -> None:
    """Inline the stages that read other tensors only at the point they compute."""
    _inline(sch, _is_elementwise)


def AutoInlineBroadcast(sch: Schedule) -> None:
    """Inline the stages with the tag `broadcast`, and those that `AutoInlineElemWise` does."""
    _inline(sch, lambda op: op.tag == "broadcast" or _is_elementwise(op))


def AutoInlineInjective(sch: Schedule) -> None:
    """Inline the stages that reduce nothing."""
    _inline(sch, lambda op: not op.reduce_axis)


def _inline(sch: Schedule, may_be: Any) -> None:
    for stage in sch.stages:
        op = stage.op
        if not isinstance(op, ComputeOp) or len(op.outputs) > 1 or stage.is_output:
            continue
        if type(op.bodies[0]) is not Reduce and may_be(op):
            stage.compute_inline()


def _is_elementwise(op: ComputeOp) -> bool:
    return not op.reduce_axis and all(
        len(read.indices) == len(op.axes)
        and all(index is axis for index, axis in zip(read.indices, op.axes, strict=True))
        for read in op.reads
        if type(read) is TensorRead
    )


def CreateReadGraph(ops: list[Operation]) -> dict[Operation, list[Tensor]]:
    """Return the tensors that each operation below `ops` reads."""
    found: dict[Operation, list[Tensor]] = {}
    pending = list(ops)
    while pending:
        op = pending.pop()
        if op not in found:
            found[op] = op.input_tensors
            pending += [tensor.op for tensor in found[op]]
    return found


def PostDFSOrder(ops: list[Operation], graph: Mapping[Operation, list[Tensor]]) -> list[Operation]:
    """Return the operations of a read graph, each after those that it reads."""
    from autosched.te.dag import topological_order

    return [op for op in topological_order(op.outputs[0] for op in ops) if op in graph]


__getattr__ = refusing(__name__)
