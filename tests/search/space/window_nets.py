"""Contractions followed by windows over their planes, as image networks have them."""

from __future__ import annotations

from autosched import te
from autosched.ops.convolution import convolution
from autosched.ops.depthwise_conv2d import depthwise_conv2d
from autosched.te.tensor import Tensor


def expanded(
    channels: int,
    planes: int,
    size: int,
    batch: int = 1,
    bound: float | None = 6.0,
    dtype: str = "float32",
) -> Tensor:
    """A convolution of one point, and a clip after it unless `bound` is None.

    Sums of other types than float64 have 32 bits.
    """
    x = te.placeholder((batch, channels, size, size), dtype, name="x")
    w = te.placeholder((planes, channels, 1, 1), dtype, name="w", constant=True)
    wide = {"int8": "int32", "float16": "float32"}.get(dtype)
    made = convolution(x, w, out_dtype=wide, name="expand")
    if bound is None:
        return made
    return te.compute(
        made.shape, lambda *i: te.minimum(made(*i), te.const(bound, made.dtype)), name="clip"
    )


def windows(
    planes: Tensor, kernel: int = 3, stride: int = 1, dilation: int = 1, multiplier: int = 1
) -> Tensor:
    """A depthwise convolution whose padding keeps the extents, divided by the stride."""
    channels = int(planes.shape[1].value) * multiplier
    v = te.placeholder((channels, kernel, kernel), planes.dtype, name="v", constant=True)
    padding = dilation * (kernel - 1) // 2
    return depthwise_conv2d(
        planes, v, None, stride, padding, dilation, multiplier=multiplier, relu=True, name="windows"
    )


def pooled(planes: Tensor) -> Tensor:
    """The sums of windows of 2 x 2 points that overlap."""
    batch, channels, rows, columns = planes.shape
    i, j = (te.reduce_axis((0, 2), name=name) for name in "ij")
    return te.compute(
        (batch, channels, rows - 1, columns - 1),
        lambda b, c, y, z: te.sum(planes(b, c, y + i, z + j), axis=[i, j]),
        name="pooled",
    )


def product_and_sums(planes: int = 24, size: int = 16) -> Tensor:
    """A product of matrices, and sums of three neighbours in each row of its result."""
    x = te.placeholder((4, size), name="x")
    w = te.placeholder((planes, 4), name="w", constant=True)
    k, i = te.reduce_axis((0, 4), name="k"), te.reduce_axis((0, 3), name="i")
    e = te.compute((planes, size), lambda c, p: te.sum(w[c, k] * x[k, p], axis=k), name="e")
    return te.compute((planes, size - 2), lambda c, p: te.sum(e[c, p + i], axis=i), name="d")
