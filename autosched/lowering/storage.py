"""Storage: the buffer of each tensor of a nest."""

from __future__ import annotations

from autosched.analysis.regions import relax
from autosched.analysis.simplify import simplify
from autosched.ir.buffer import Buffer
from autosched.ir.build import add, const, floormod, mul, sub
from autosched.ir.expr import Expr
from autosched.lowering.plan import Plan
from autosched.lowering.ranges import Ranges
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor

ZERO = const(0)


def parameter(tensor: Tensor) -> Buffer:
    """The buffer in which a caller hands over `tensor`."""
    return Buffer(tensor.op.name if tensor.value_index == 0 else tensor.name.replace(".", "_"),
                  tensor.shape, tensor.dtype)


def place(plan: Plan, parameters: dict[Tensor, Buffer], ranges: Ranges) -> None:
    """Give `plan` its buffers: the caller's where it has one, else storage of its own."""
    axes = plan.op.axis
    outputs = plan.op.outputs
    if any(tensor in parameters for tensor in outputs):
        plan.origins = (ZERO,) * len(axes)
    else:
        plan.origins = tuple(plan.starts[axis] for axis in axes)
    shape = tuple(_extent(plan, axis, ranges) for axis in axes)
    plan.buffers = tuple(
        parameters[tensor]
        if tensor in parameters
        else Buffer(
            tensor.name.replace(".", "_"),
            shape,
            tensor.dtype,
            plan.stage.scope,
            _strides(plan, shape, ranges),
        )
        for tensor in outputs
    )


def _extent(plan: Plan, axis: Axis, ranges: Ranges) -> Expr:
    if axis not in plan.padded:
        return plan.extents[axis]
    offset = simplify(sub(plan.values[axis], plan.starts[axis]), ranges.bounds)
    swept = relax(offset, ranges.relaxed(list(plan.loops.values())), ranges.bounds)
    return plan.extents[axis] if swept is None else swept[1]


def _strides(plan: Plan, shape: tuple[Expr, ...], ranges: Ranges) -> tuple[Expr, ...] | None:
    """Row-major strides in which `storage_align` rounded some up; None where it asked nothing."""
    alignments = plan.stage.alignments
    if not alignments:
        return None
    strides: list[Expr] = []
    stride: Expr = const(1)
    for axis, extent in zip(reversed(plan.op.axis), reversed(shape), strict=True):
        if axis in alignments:
            factor, offset = alignments[axis]
            missing = floormod(sub(const(factor + offset), floormod(stride, factor)), factor)
            stride = simplify(add(stride, missing), ranges.bounds)
        strides.append(stride)
        stride = simplify(mul(stride, extent), ranges.bounds)
    return tuple(reversed(strides))
