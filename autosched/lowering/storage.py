"""Chooses the buffer that stores each tensor of a nest."""

from __future__ import annotations

from collections.abc import Mapping

from autosched.analysis.simplify import simplify
from autosched.errors import LoweringError
from autosched.ir.build import add, const, floormod, mul, sub
from autosched.ir.expr import Buffer, Expr
from autosched.lowering.plan import Placement, Plan, Ranges
from autosched.schedule.layout import local_order
from autosched.schedule.schedule import Schedule
from autosched.te.axis import Axis
from autosched.te.tensor import ScanOp, Tensor

ZERO = const(0)


def parameter(tensor: Tensor) -> Buffer:
    """Return the buffer that is the kernel's parameter for `tensor`."""
    return Buffer(
        tensor.op.name if tensor.value_index == 0 else tensor.name.replace(".", "_"),
        tensor.shape,
        tensor.dtype,
    )


def shared_buffers(schedule: Schedule, parameters: Mapping[Tensor, Buffer]) -> dict[Tensor, Buffer]:
    """Return the buffer of each scan for its output, its first rows, its updates and its state.

    Raises LoweringError if the caller gives one of its own for first rows or for an update.
    """
    shared: dict[Tensor, Buffer] = {}
    for stage in schedule.stages:
        if not isinstance(stage.op, ScanOp):
            continue
        op = stage.op
        for number, output in enumerate(op.outputs):
            buffer = parameters.get(output) or parameter(output)
            parts = [schedule.current(each[number]) for each in (op.init, op.update)]
            for part in parts:
                if part in parameters:
                    raise LoweringError(
                        f"expected {part.name} stored in the rows of {output.name}, got it among "
                        "the arguments",
                        hint=f"leave it out: {output.name} has its values",
                    )
            shared.update(dict.fromkeys([output, *parts, op.state_placeholder[number]], buffer))
    return shared


def as_given(buffer: Buffer) -> Placement:
    """Return the placement of a tensor in the caller's buffer, which has all of it in order."""
    rank = len(buffer.shape)
    return Placement(buffer, (ZERO,) * rank, tuple(range(rank)))


def place(plan: Plan, parameters: dict[Tensor, Buffer], ranges: Ranges) -> None:
    """Place each output of `plan` in the caller's buffer, or in a new buffer if there is none.

    In a new buffer of local scope, the axis that the stage vectorizes is the contiguous one.
    """
    axes = plan.op.axis
    order = _order(plan)
    shape = tuple(_extent(plan, axes[d], ranges) for d in order)
    origins = tuple(plan.starts[axis] for axis in axes)
    strides = _strides(plan, order, shape, ranges)
    scope, copies = plan.stage.scope, plan.stage.copies

    def placed(tensor: Tensor) -> Placement:
        if tensor in parameters:
            return as_given(parameters[tensor])
        name = tensor.name.replace(".", "_")
        return Placement(Buffer(name, shape, tensor.dtype, scope, strides, copies), origins, order)

    plan.placements = tuple(map(placed, plan.stage.op.outputs))


def _order(plan: Plan) -> tuple[int, ...]:
    """Return the order in which the tensor's dimensions are stored, outermost first."""
    axes, stage = plan.op.axis, plan.stage
    if stage.scope != "local":
        return tuple(range(len(axes)))
    return local_order(axes, stage.relations, stage.kinds)


def _extent(plan: Plan, axis: Axis, ranges: Ranges) -> Expr:
    if axis in plan.padded:
        return simplify(plan.covered[axis], ranges.bounds)
    return plan.extents[axis]


def _strides(
    plan: Plan, order: tuple[int, ...], shape: tuple[Expr, ...], ranges: Ranges
) -> tuple[Expr, ...] | None:
    """Return row-major strides, rounded up for `storage_align`; None if no axis is aligned."""
    alignments = plan.stage.alignments
    if not alignments:
        return None
    strides: list[Expr] = []
    stride: Expr = const(1)
    for dimension, extent in zip(reversed(order), reversed(shape), strict=True):
        axis = plan.op.axis[dimension]
        if axis in alignments:
            factor, offset = alignments[axis]
            missing = floormod(sub(const(factor + offset), floormod(stride, factor)), factor)
            stride = simplify(add(stride, missing), ranges.bounds)
        strides.append(stride)
        stride = simplify(mul(stride, extent), ranges.bounds)
    return tuple(reversed(strides))
