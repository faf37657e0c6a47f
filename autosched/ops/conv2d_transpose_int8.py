"""Transposed convolution of int8, summed in int32 and requantized, in layout NCHW."""

from __future__ import annotations

from autosched.ops.checks import Pair, check_dtype, check_rank
from autosched.ops.requantize import requantize
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.te.tensor import Tensor


def conv2d_transpose_int8(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Pair = 1, padding: Pair = 0, output_padding: Pair = 0,
    shift: int = 8, relu: bool = False, name: str = "conv2d_transpose",
) -> Tensor:  # fmt: skip
    """Apply the transpose of `conv2d` with `weight` (ci, co, kh, kw) to `x` (n, ci, h, w).

    The result is requantized with `bias` (int32) to int8.
    """
    check_rank(x, 4, name, "n, ci, h, w")
    check_rank(weight, 4, name, "ci, co, kh, kw")
    check_dtype(name, "int8", x, weight)
    sums = transposed_convolution(
        x, weight, None, stride, padding, output_padding, out_dtype="int32", name=name
    )
    return requantize(sums, bias, shift, relu)
