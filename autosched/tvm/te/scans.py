"""Questions about scans, by the names of `tvm.te.schedule`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from autosched.ir.build import const
from autosched.ir.expr import Const, Expr
from autosched.ir.rewrite import substitute
from autosched.ir.traverse import free_vars
from autosched.schedule.placement import enclosing_loops
from autosched.schedule.schedule import Schedule
from autosched.te.axis import Axis
from autosched.te.dag import scan_body
from autosched.te.tensor import ComputeOp, Operation, ScanOp, Tensor


def ScanGetBody(scan_op: ScanOp) -> list[Operation]:
    """Return the operations of a step of a scan, and the scan itself."""
    return [*scan_body(scan_op), scan_op]


def ScanFixPointAnalysis(scan_op: ScanOp) -> dict[Axis, Const]:
    """Return 1 for each spatial axis whose points do not need each other, and 0 for the others."""
    parallel = dict.fromkeys(scan_op.spatial_axis_, True)
    steps = set(scan_body(scan_op))
    places = dict(zip(scan_op.state_placeholder, count(), strict=False))
    for number, (update, axes) in enumerate(zip(scan_op.update, scan_op.spatial_axes, strict=True)):
        for state, indices in _state_reads(update, (scan_op.scan_axis, *axes), steps, places):
            for axis, other, index in zip(
                axes, scan_op.spatial_axes[places[state]], indices[1:], strict=False
            ):
                users = sum(axis in free_vars(each) for each in indices)
                if places[state] != number or index is not axis or users > 1:
                    parallel[axis] = parallel[other] = False
    return {axis: const(int(alone)) for axis, alone in parallel.items()}


def _state_reads(
    tensor: Tensor,
    point: tuple[Expr, ...],
    steps: set[Operation],
    states: Mapping[Tensor, int],
) -> Iterator[tuple[Tensor, tuple[Expr, ...]]]:
    """Yield the states, and where they are read for one element, through all steps."""
    op = tensor.op
    assert isinstance(op, ComputeOp), "steps of scans are computed"
    values = dict(zip(op.axes, point, strict=True))
    for read in op.reads:
        indices = tuple(substitute(index, values) for index in read.indices)
        if read.tensor in states:
            yield read.tensor, indices
        elif read.tensor.op in steps:
            yield from _state_reads(read.tensor, indices, steps, states)


def CreateAttachPath(sch: Schedule) -> dict[Operation, list[Axis]]:
    """Return the loops around each stage, innermost first."""
    return {
        stage.op: [axis for _, axis in reversed(enclosing_loops(stage))] for stage in sch.stages
    }
