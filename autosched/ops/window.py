"""Helpers of operators with a moving window, in layout NC and 1 to 3 spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.build import as_expr
from autosched.ir.expr import Const, Expr
from autosched.ops.checks import (
    Sizes,
    check_extent,
    check_rank,
    check_same_dtype,
    per_axis,
    static,
)
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor


def places(rank: int) -> tuple[str, ...]:
    """The names of `rank` spatial axes of a result, the last one along rows."""
    return ("d", "y", "z")[-rank:]


def padded(x: Tensor, padding: Sequence[int], value: Expr, name: str = "pad") -> Tensor:
    """`x` with `padding` points of `value` on both sides of each spatial axis.

    It is `x` itself where there is no padding.
    """
    if not any(padding):
        return x
    space = x.shape[2:]

    def body(b: Expr, ch: Expr, *place: Expr) -> Expr:
        inside: list[Expr] = []
        for where, before, extent in zip(place, padding, space, strict=True):
            inside += [where >= before, where < extent + before] if before else []
        source = [where - before for where, before in zip(place, padding, strict=True)]
        return te.if_then_else(te.all(*inside), x(b, ch, *source), value)

    shape = [extent + 2 * before for extent, before in zip(space, padding, strict=True)]
    return te.compute((*x.shape[:2], *shape), body, name=name, varargs_names=places(len(space)))


def shifted(
    x: Tensor,
    before: Sequence[int],
    extents: Sequence[int],
    value: Expr,
    dims: Sequence[int] = (2, 3),
    name: str = "pad",
) -> Tensor:
    """`x` with `before` points of `value` before it along `dims`, padded or cropped to `extents`.

    If `before` is negative, so many points are cropped. The extents of `dims` must be numbers.
    Returns `x` itself if no stage is needed.
    """
    given = [static(x.shape[dim], name, "an extent") for dim in dims]
    if not any(before) and all(a <= b for a, b in zip(extents, given, strict=True)):
        return x
    shape = list(x.shape)
    for dim, extent in zip(dims, extents, strict=True):
        shape[dim] = te.const(extent, x.shape[dim].dtype)

    def body(*place: Expr) -> Expr:
        source, inside = list(place), []
        for dim, skipped, extent, old in zip(dims, before, extents, given, strict=True):
            source[dim] = place[dim] - skipped
            inside += [place[dim] >= skipped] * (skipped > 0)
            inside += [place[dim] < old + skipped] * (extent > old + skipped)
        return te.if_then_else(te.all(*inside), x(*source), value) if inside else x(*source)

    return te.compute(tuple(shape), body, name=name)


@dataclass(frozen=True)
class Sliding:
    """A window that slides over a padded image; `shape` is the number of its positions.

    `axes` are the reduce axes over the points of the window, `steps` the stride and the
    dilation along each.
    """

    image: Tensor
    shape: tuple[Expr, ...]
    axes: tuple[Axis, ...]
    steps: tuple[tuple[int, int], ...]

    def __call__(self, batch: Expr, channel: Expr, *place: Expr) -> Expr:
        """Return the point at the reduce axes of the window at position `place`."""
        points = [
            where * stride + axis * dilation
            for where, axis, (stride, dilation) in zip(place, self.axes, self.steps, strict=True)
        ]
        return self.image(batch, channel, *points)


def sliding(
    x: Tensor, kernel: Sequence[Expr | int],
    stride: Sizes, padding: Sizes, dilation: Sizes, value: Expr, operator: str,
) -> Sliding:  # fmt: skip
    """Return a window of `kernel` points that slides over `x` (n, c, ...), padded with `value`."""
    rank = x.ndim - 2
    extents = [static(as_expr(extent), operator, "the kernel's extent") for extent in kernel]
    strides = per_axis(stride, rank, operator, "stride", 1)
    dilations = per_axis(dilation, rank, operator, "dilation", 1)
    image = padded(x, per_axis(padding, rank, operator, "padding", 0), value)
    spans = [by * (extent - 1) + 1 for extent, by in zip(extents, dilations, strict=True)]
    sides = ("depth", "height", "width")[-rank:]
    shape = tuple(
        positions(extent, span, step, operator, side)
        for extent, span, step, side in zip(image.shape[2:], spans, strides, sides, strict=True)
    )
    names = ("rd", "ry", "rx")[-rank:]
    axes = tuple(
        te.reduce_axis((0, extent), name=axis) for extent, axis in zip(extents, names, strict=True)
    )
    return Sliding(image, shape, axes, tuple(zip(strides, dilations, strict=True)))


def positions(extent: Expr, window: int, stride: int, operator: str, side: str) -> Expr:
    """Return the positions of a window of `window` (dilated) points in the padded extent."""
    last = extent - window
    if isinstance(last, Const) and last.value < 0:
        raise ExpressionError(
            f"expected the window of {operator} to fit into the padded {side} {extent}, "
            f"got a window of {window}"
        )
    return last // stride + 1


def with_bias(x: Tensor, bias: Tensor, operator: str) -> Tensor:
    """`x` plus one value per channel."""
    check_rank(bias, 1, operator, "channels")
    check_same_dtype(operator, x, bias)
    check_extent(bias.shape[0], x.shape[1], operator, f"dimension 0 of {bias.name}")
    return te.compute(
        x.shape, lambda b, c, *place: x(b, c, *place) + bias(c),
        name="bias_add", varargs_names=places(x.ndim - 2),
    )  # fmt: skip
