"""Convolution of each channel with its own filter, in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ops.checks import (
    Pair,
    check_extent,
    check_number,
    check_rank,
    check_same_dtype,
    pair,
    static,
)
from autosched.ops.elementwise import relu as relu_stage
from autosched.ops.window import output_extent, padded, with_bias
from autosched.te.tensor import Tensor


def depthwise_conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    relu: bool = False,
    out_dtype: DType | str | None = None,
    name: str = "depthwise_conv2d",
) -> Tensor:
    """The convolution of each channel of `x` (n, c, h, w) with its filter in `weight` (c, kh, kw).

    Padding, bias, relu and `out_dtype` are as in `conv2d`.
    """
    check_rank(x, 4, name, "n, c, h, w")
    check_rank(weight, 3, name, "c, kh, kw")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    check_extent(weight.shape[0], x.shape[1], name, f"dimension 0 of {weight.name}")
    wide = x.dtype if out_dtype is None else as_dtype(out_dtype)
    sy, sx = pair(stride, name, "stride", 1)
    dy, dx = pair(dilation, name, "dilation", 1)
    kh, kw = (static(extent, name, "the kernel's extent") for extent in weight.shape[1:])
    image = padded(x, pair(padding, name, "padding", 0), te.const(0, x.dtype))
    height = output_extent(image.shape[2], dy * (kh - 1) + 1, sy, name, "height")
    width = output_extent(image.shape[3], dx * (kw - 1) + 1, sx, name, "width")
    ry = te.reduce_axis((0, kh), name="ry")
    rx = te.reduce_axis((0, kw), name="rx")
    result = te.compute(
        (x.shape[0], x.shape[1], height, width),
        lambda b, c, y, z: te.sum(
            image(b, c, y * sy + ry * dy, z * sx + rx * dx).astype(wide)
            * weight(c, ry, rx).astype(wide),
            axis=[ry, rx],
        ),
        name=name,
    )
    if bias is not None:
        result = with_bias(result, bias, name)
    return relu_stage(result) if relu else result
