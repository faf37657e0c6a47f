"""Max and average pooling of bytes in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import Pair, check_dtype, pair
from autosched.ops.pool2d import max_pool2d, window_sum
from autosched.ops.requantize import LEAST, MOST
from autosched.te.tensor import Tensor

_MOST_SHIFT = 22


def max_pool2d_int8(
    x: Tensor, kernel: Pair, stride: Pair = 1, padding: Pair = 0, name: str = "max_pool2d"
) -> Tensor:
    """The greatest value in each window of int8 `x` (n, c, h, w); padding never wins."""
    check_dtype(x, "int8", name)
    return max_pool2d(x, kernel, stride, padding, name)


def avg_pool2d_int8(
    x: Tensor, kernel: Pair, stride: Pair = 1, padding: Pair = 0, name: str = "avg_pool2d"
) -> Tensor:
    """The mean of each window of int8 `x` (n, c, h, w), padding counted as zeros, as int8.

    With `multiplier, shift = reciprocal(kh * kw)` it is the sum of the window times
    `multiplier / 2 ** shift`, rounded to the nearest, halves up: exact where the window has a
    power of two of points, else at most 0.8 % off before rounding.
    """
    check_dtype(x, "int8", name)
    kh, kw = pair(kernel, name, "kernel", 1)
    multiplier, shift = reciprocal(kh * kw)
    total = window_sum(x, kernel, stride, padding, "int32")
    return te.compute(
        total.shape,
        lambda *i: scaled(total(*i) * multiplier, shift).astype("int8"),
        name=name,
    )


def scaled(value: Expr, shift: int) -> Expr:
    """The value over `2 ** shift`, rounded to the nearest, halves up, in the range of int8."""
    if shift > 15:
        # The same, with a constant that an accelerator's ALU takes.
        value = ((value >> (shift - 1)) + 1) >> 1
    elif shift:
        value = (value + (1 << (shift - 1))) >> shift
    return te.clip(value, LEAST, MOST)


def reciprocal(points: int) -> tuple[int, int]:
    """`multiplier` and `shift` such that `multiplier / 2 ** shift` is close to `1 / points`.

    The multiplier is 1 for a power of two; else it is the greatest that fits int8, from 64 on.
    Raises ExpressionError for a window whose sums could leave 32 bits.
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
