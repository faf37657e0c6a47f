"""Max and average pooling in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.ops.checks import Pair, check_float, check_number, check_rank, pair
from autosched.ops.window import sliding
from autosched.te.reduction import Reducer
from autosched.te.tensor import Tensor


def max_pool2d(
    x: Tensor, kernel: Pair, stride: Pair = 1, padding: Pair = 0, name: str = "max_pool2d"
) -> Tensor:
    """Return the maximum of each window of `x` (n, c, h, w); padding does not count."""
    check_number(x, name)
    least = te.min_value(x.dtype)
    return _windows(x, kernel, stride, padding, least, te.max, x.dtype, name)


def avg_pool2d(
    x: Tensor, kernel: Pair, stride: Pair = 1, padding: Pair = 0,
    count_include_pad: bool = True, name: str = "avg_pool2d",
) -> Tensor:  # fmt: skip
    """Return the mean of each window of `x` (n, c, h, w).

    Padding counts as zeros; with `count_include_pad=False` it does not count.
    """
    check_float(x, name)
    (kh, kw), (sy, sx) = pair(kernel, name, "kernel", 1), pair(stride, name, "stride", 1)
    top, left = pair(padding, name, "padding", 0)
    total = window_sum(x, kernel, stride, padding, x.dtype)

    def mean(b: Expr, c: Expr, y: Expr, z: Expr) -> Expr:
        if count_include_pad:
            return total(b, c, y, z) * (1.0 / (kh * kw))
        rows = _inside(y * sy - top, kh, x.shape[2])
        columns = _inside(z * sx - left, kw, x.shape[3])
        return total(b, c, y, z) / (rows * columns).astype(x.dtype)

    return te.compute(total.shape, mean, name=name)


def window_sum(
    x: Tensor,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dtype: DType | str,
    name: str = "window_sum",
) -> Tensor:
    """Return the sum of each window in the dtype `dtype`; padding counts as zeros."""
    zero = te.const(0, x.dtype)
    return _windows(x, kernel, stride, padding, zero, te.sum, as_dtype(dtype), name)


def _windows(
    x: Tensor, kernel: Pair, stride: Pair, padding: Pair,
    filler: Expr, reducer: Reducer, dtype: DType, name: str,
) -> Tensor:  # fmt: skip
    check_rank(x, 4, name, "n, c, h, w")
    kh, kw = pair(kernel, name, "kernel", 1)
    top, left = pair(padding, name, "padding", 0)
    if top >= kh or left >= kw:
        raise ExpressionError(
            f"expected a padding of {name} smaller than its window {kh}x{kw}, got {top}x{left}",
            hint="a window must not lie in the padding alone",
        )
    window = sliding(x, (kh, kw), stride, padding, 1, filler, name)
    return te.compute(
        (x.shape[0], x.shape[1], *window.shape),
        lambda b, c, y, z: reducer(window(b, c, y, z).astype(dtype), axis=window.axes),
        name=name,
    )


def _inside(first: Expr, count: int, extent: Expr) -> Expr:
    """Return the number of the `count` points from `first` on that lie within the extent."""
    return te.minimum(first + count, extent) - te.maximum(first, 0)
