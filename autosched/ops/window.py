"""Helpers of operators with a moving window, in layout NCHW: padding, extents, bias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.build import as_expr
from autosched.ir.expr import Const, Expr
from autosched.ops.checks import Pair, check_extent, check_rank, check_same_dtype, pair, static
from autosched.te.tensor import Axis, Tensor


def padded(x: Tensor, padding: tuple[int, int], value: Expr, name: str = "pad") -> Tensor:
    """`x` with `padding` rows and columns of `value` on both sides; `x` itself without any."""
    top, left = padding
    if not top and not left:
        return x
    n, c, h, w = x.shape
    return te.compute(
        (n, c, h + 2 * top, w + 2 * left),
        lambda b, ch, y, z: te.if_then_else(
            te.all(*_inside(y, top, h), *_inside(z, left, w)), x(b, ch, y - top, z - left), value
        ),
        name=name,
    )


def shifted(
    x: Tensor,
    before: tuple[int, int],
    extents: tuple[int, int],
    value: Expr,
    dims: tuple[int, int] = (2, 3),
    name: str = "pad",
) -> Tensor:
    """`x` with `before` rows and columns of `value` before it, padded or cropped to `extents`.

    If `before` is negative, so many rows or columns are cropped. `dims` are the dimensions of
    rows and columns, whose extents must be numbers. Returns `x` itself if no stage is needed.
    """
    given = [static(x.shape[dim], name, "an extent") for dim in dims]
    if before == (0, 0) and all(a <= b for a, b in zip(extents, given, strict=True)):
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

    `axes` are the reduce axes `ry` and `rx` over the points of the window.
    """

    image: Tensor
    shape: tuple[Expr, Expr]
    axes: tuple[Axis, Axis]
    steps: tuple[tuple[int, int], tuple[int, int]]

    def __call__(self, batch: Expr, channel: Expr, y: Expr, z: Expr) -> Expr:
        """Return the point at the reduce axes of the window at position `y`, `z`."""
        (sy, dy), (sx, dx) = self.steps
        ry, rx = self.axes
        return self.image(batch, channel, y * sy + ry * dy, z * sx + rx * dx)


def sliding(
    x: Tensor, kernel: Sequence[Expr | int],
    stride: Pair, padding: Pair, dilation: Pair, value: Expr, operator: str,
) -> Sliding:  # fmt: skip
    """Return a window of `kernel` points that slides over `x` (n, c, h, w), padded with `value`."""
    kh, kw = (static(as_expr(extent), operator, "the kernel's extent") for extent in kernel)
    sy, sx = pair(stride, operator, "stride", 1)
    dy, dx = pair(dilation, operator, "dilation", 1)
    image = padded(x, pair(padding, operator, "padding", 0), value)
    height = _positions(image.shape[2], dy * (kh - 1) + 1, sy, operator, "height")
    width = _positions(image.shape[3], dx * (kw - 1) + 1, sx, operator, "width")
    axes = te.reduce_axis((0, kh), name="ry"), te.reduce_axis((0, kw), name="rx")
    return Sliding(image, (height, width), axes, ((sy, dy), (sx, dx)))


def _positions(extent: Expr, window: int, stride: int, operator: str, side: str) -> Expr:
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
    return te.compute(x.shape, lambda b, c, y, z: x(b, c, y, z) + bias(c), name="bias_add")


def _inside(place: Expr, before: int, extent: Expr) -> tuple[Expr, ...]:
    return (place >= before, place < extent + before) if before else ()
