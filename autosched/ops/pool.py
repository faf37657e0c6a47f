"""Max and average pooling in layout NC and 1 to 3 spatial axes."""

from __future__ import annotations

from math import prod

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.ops.checks import Sizes, check_float, check_number, check_space, per_axis
from autosched.ops.halves import rounded_once
from autosched.ops.window import places, sliding
from autosched.te.reduction import Reducer
from autosched.te.tensor import Tensor


def max_pool(
    x: Tensor, kernel: Sizes, stride: Sizes = 1, padding: Sizes = 0, name: str = "max_pool"
) -> Tensor:
    """Return the maximum of each window of `x` (n, c, ...); padding does not count."""
    check_number(x, name)
    least = te.min_value(x.dtype)
    return _windows(x, kernel, stride, padding, least, te.max, x.dtype, name, name)


@rounded_once
def avg_pool(
    x: Tensor, kernel: Sizes, stride: Sizes = 1, padding: Sizes = 0,
    count_include_pad: bool = True, name: str = "avg_pool",
) -> Tensor:  # fmt: skip
    """Return the mean of each window of `x` (n, c, ...).

    Padding counts as zeros; with `count_include_pad=False` it does not count.
    """
    check_float(x, name)
    space = check_space(x, name, "n, c")
    extents = per_axis(kernel, space, name, "kernel", 1)
    strides = per_axis(stride, space, name, "stride", 1)
    before = per_axis(padding, space, name, "padding", 0)
    total = window_sum(x, kernel, stride, padding, x.dtype, name)

    def mean(b: Expr, c: Expr, *place: Expr) -> Expr:
        if count_include_pad:
            return total(b, c, *place) * (1.0 / prod(extents))
        counts = [
            _inside(where * step - skipped, count, extent)
            for where, step, skipped, count, extent in zip(
                place, strides, before, extents, x.shape[2:], strict=True
            )
        ]
        return total(b, c, *place) / prod(counts[1:], start=counts[0]).astype(x.dtype)

    return te.compute(total.shape, mean, name=name, varargs_names=places(space))


def window_sum(
    x: Tensor,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dtype: DType | str,
    operator: str,
) -> Tensor:
    """Return the sum of each window of an operator, in a dtype; padding counts as zeros."""
    zero, kind = te.const(0, x.dtype), as_dtype(dtype)
    return _windows(x, kernel, stride, padding, zero, te.sum, kind, "window_sum", operator)


def _windows(
    x: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes,
    filler: Expr, reducer: Reducer, dtype: DType, name: str, operator: str,
) -> Tensor:  # fmt: skip
    space = check_space(x, operator, "n, c")
    extents = per_axis(kernel, space, operator, "kernel", 1)
    before = per_axis(padding, space, operator, "padding", 0)
    if any(skipped >= extent for skipped, extent in zip(before, extents, strict=True)):
        raise ExpressionError(
            f"expected a padding of {operator} smaller than its window "
            f"{'x'.join(map(str, extents))}, got {'x'.join(map(str, before))}",
            hint="a window must not lie in the padding alone",
        )
    window = sliding(x, extents, stride, padding, 1, filler, operator)
    return te.compute(
        (*x.shape[:2], *window.shape),
        lambda b, c, *place: reducer(window(b, c, *place).astype(dtype), axis=window.axes),
        name=name,
        varargs_names=places(space),
    )


def _inside(first: Expr, count: int, extent: Expr) -> Expr:
    """Return the number of the `count` points from `first` on that lie within the extent."""
    return te.minimum(first + count, extent) - te.maximum(first, 0)
