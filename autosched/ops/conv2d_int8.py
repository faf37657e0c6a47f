"""Convolutions of int8, summed in int32 and requantized, in layout NCHW."""

from __future__ import annotations

from autosched.ops.checks import Pair, check_dtype
from autosched.ops.convolution import conv2d
from autosched.ops.depthwise_conv2d import depthwise_conv2d
from autosched.ops.requantize import requantize
from autosched.te.tensor import Tensor


def conv2d_int8(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
    shift: int = 8, relu: bool = False, name: str = "conv2d",
) -> Tensor:  # fmt: skip
    """`conv2d` of int8 `x` and `weight` in int32, then `requantize` with `bias` (int32) to int8."""
    check_dtype(name, "int8", x, weight)
    sums = conv2d(x, weight, None, stride, padding, dilation, groups, out_dtype="int32", name=name)
    return requantize(sums, bias, shift, relu)


def depthwise_conv2d_int8(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1,
    shift: int = 8, relu: bool = False, name: str = "depthwise_conv2d",
) -> Tensor:  # fmt: skip
    """`depthwise_conv2d` of int8 in int32, then `requantize` with `bias` (int32) to int8."""
    check_dtype(name, "int8", x, weight)
    sums = depthwise_conv2d(
        x, weight, None, stride, padding, dilation, out_dtype="int32", name=name
    )
    return requantize(sums, bias, shift, relu)
