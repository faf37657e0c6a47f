"""Max and average pooling of int8 in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import Pair, check_dtype, pair
from autosched.ops.pool import max_pool, window_sum
from autosched.ops.requantize import LEAST, MOST
from autosched.te.tensor import Tensor

_MOST_SHIFT = 22


def max_pool2d_int8(
    x: Tensor, kernel: Pair, stride: Pair = 1, padding: Pair = 0, name: str = "max_pool2d"
) -> Tensor:
    """Return the maximum of each window of int8 `x` (n, c, h, w); padding does not count."""
    check_dtype(name, "int8", x)
    return max_pool(x, kernel, stride, padding, name)


def avg_pool2d_int8(
    x: Tensor, kernel: Pair, stride: Pair = 1, padding: Pair = 0, name: str = "avg_pool2d"
) -> Tensor:
    """Return the mean of each window of int8 `x` (n, c, h, w) as int8; padding counts as zeros.

    With `multiplier, shift = reciprocal(kh * kw)` it is the sum of the window times
    `multiplier / 2 ** shift`, rounded to the nearest integer, halves up. It is exact if the
    number of points of the window is a power of two; otherwise the error before rounding is at
    most 0.8 %.
    """
    check_dtype(name, "int8", x)
    kh, kw = pair(kernel, name, "kernel", 1)
    multiplier, shift = reciprocal(kh * kw)
    total = window_sum(x, kernel, stride, padding, "int32", name)
    return te.compute(
        total.shape, lambda *i: scaled(total(*i) * multiplier, shift).astype("int8"), name=name
    )


def scaled(value: Expr, shift: int) -> Expr:
    """Return `value / 2 ** shift`, rounded to nearest, halves up, and clipped to int8."""
    if shift > 15:
        # Equal, but with a constant that fits the accelerator's ALU.
        value = ((value >> (shift - 1)) + 1) >> 1
    elif shift:
        value = (value + (1 << (shift - 1))) >> shift
    return te.clip(value, LEAST, MOST)


def reciprocal(points: int) -> tuple[int, int]:
    """Return `multiplier` and `shift` such that `multiplier / 2 ** shift` is near `1 / points`.

    The multiplier is 1 for a power of two, and otherwise from 64 to 127. Raises ExpressionError
    for a window whose sums could exceed 32 bits.
    """
    if points & (points - 1) == 0:
        multiplier, shift = 1, points.bit_length() - 1
    else:
        shift = (points * 127).bit_length() - 1
        multiplier = _nearest(1 << shift, points)
        assert 64 <= multiplier <= 127
    if shift > _MOST_SHIFT:
        raise ExpressionError(
            f"expected a window of at most {(2 << _MOST_SHIFT) // 127} points to average, got "
            f"{points}",
            hint="average in two steps",
        )
    return multiplier, shift


def _nearest(a: int, b: int) -> int:
    return (2 * a + b) // (2 * b)
