"""Convolution of each channel with filters of its own, in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.ir.dtype import DType
from autosched.ops.checks import (
    Pair,
    check_extent,
    check_number,
    check_rank,
    check_same_dtype,
)
from autosched.ops.convolution import finished
from autosched.ops.halves import rounded, wide_dtype
from autosched.ops.window import sliding
from autosched.te.tensor import Tensor


def depthwise_conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
    relu: bool = False, out_dtype: DType | str | None = None, name: str = "depthwise_conv2d",
    multiplier: int = 1,
) -> Tensor:  # fmt: skip
    """Convolve each channel of `x` (n, c, h, w) with its filters in `weight` (c, kh, kw).

    There are `multiplier` filters for each channel; `weight` has c * multiplier then, and so
    many channels has the result. Padding, bias, relu and `out_dtype` are as in `convolution`.
    """
    check_rank(x, 4, name, "n, c, h, w")
    check_rank(weight, 3, name, "c, kh, kw")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    check_extent(weight.shape[0], x.shape[1] * multiplier, name, f"dimension 0 of {weight.name}")
    wide = wide_dtype(x.dtype, out_dtype)
    zero = te.const(0, x.dtype)
    window = sliding(x, weight.shape[1:], stride, padding, dilation, zero, name)
    sums = te.compute(
        (x.shape[0], weight.shape[0], *window.shape),
        lambda b, c, y, z: te.sum(
            window(b, c // multiplier, y, z).astype(wide) * weight(c, *window.axes).astype(wide),
            axis=window.axes,
        ),
        name=name,
    )
    return finished(rounded(sums, x.dtype, out_dtype), bias, relu, name)
