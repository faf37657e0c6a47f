"""Finds sums of products in which windows of an image meet the points of a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.analysis.affine import to_linear
from autosched.ir.expr import Const, Expr, Mul
from autosched.te.axis import Axis, AxisKind
from autosched.te.combining import summed
from autosched.te.tensor import ComputeOp, Operation, Reduce, TensorRead


@dataclass(frozen=True, eq=False)
class Windows:
    """A convolution whose windows move by one point.

    Element `(*batch, *outputs, *places)` is the sum of `image` times `filters` over `channels`
    and the points of a window. The image is read at `place + point` for each of `moving`, pairs
    of a data axis and a reduce axis; the order of the axes is free. The extents of `batch` and of
    places may be symbolic.
    """

    image: TensorRead
    filters: TensorRead
    batch: tuple[Axis, ...]
    outputs: tuple[Axis, ...]
    channels: tuple[Axis, ...]
    moving: tuple[tuple[Axis, Axis], ...]

    @property
    def rank(self) -> int:
        """The number of axes along which windows move."""
        return len(self.moving)


def windows_of(op: Operation) -> Windows | None:
    """Return the operation as such a convolution, or None."""
    product = summed(op)
    if not isinstance(op, ComputeOp) or type(product) is not Mul or not _is_whole(op):
        return None
    a, b = product.a, product.b
    if type(a) is not TensorRead or type(b) is not TensorRead:
        return None
    return _windows(op, a, b) or _windows(op, b, a)


def _is_whole(op: ComputeOp) -> bool:
    """Whether all points of axes that start at 0 are summed from 0 on."""
    body = op.bodies[0]
    assert type(body) is Reduce, "only a reduction sums"
    axes = (*op.axis, *op.reduce_axis)
    starts_at_0 = all(_is_number(axis.start, 0) for axis in axes)
    return starts_at_0 and body.initial is None and _is_number(body.condition, True)


def _is_number(expr: Expr, value: object) -> bool:
    return type(expr) is Const and bool(expr.value == value)


def _windows(op: Operation, image: TensorRead, filters: TensorRead) -> Windows | None:
    moving: list[tuple[Axis, Axis]] = []
    alone: list[Axis] = []
    for index in image.indices:
        found = _place_and_point(index)
        if isinstance(index, Axis):
            alone.append(index)
        elif found is not None:
            moving.append(found)
        else:
            return None
    places, points = [place for place, _ in moving], [point for _, point in moving]
    batch = tuple(axis for axis in op.axis if axis in {*alone})
    outputs = tuple(axis for axis in op.axis if axis in {*filters.indices})
    channels = tuple(axis for axis in op.reduce_axis if axis in {*alone})
    is_read = _is_each_once(alone, batch, channels) and _is_each_once(
        filters.indices, outputs, channels, points
    )
    is_complete = _is_each_once(op.axis, batch, outputs, places) and _is_each_once(
        op.reduce_axis, channels, points
    )
    is_known = all(type(axis.extent) is Const for axis in (*op.reduce_axis, *outputs))
    if not moving or not is_read or not is_complete or not is_known:
        return None
    return Windows(image, filters, batch, outputs, channels, tuple(moving))


def _place_and_point(index: Expr) -> tuple[Axis, Axis] | None:
    """Return the data axis and the reduce axis whose sum, plus a constant, is the index."""
    linear = to_linear(index)
    terms = [(var, step) for var, step in linear.terms.items() if isinstance(var, Axis)]
    if len(terms) != 2 or len(linear.terms) != 2 or any(step != 1 for _, step in terms):
        return None
    (a, _), (b, _) = terms
    return (a, b) if b.kind is AxisKind.REDUCE else (b, a)


def _is_each_once(axes: Sequence[Expr], *parts: Sequence[Axis]) -> bool:
    """Whether the parts together are the axes, each once."""
    together = [axis for part in parts for axis in part]
    return len(together) == len(axes) and set(together) == set(axes)
