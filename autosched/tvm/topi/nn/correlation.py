"""The likeness of patches of two images."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.space import pad
from autosched.tvm.topi.nn.windows import paddings


def correlation_nchw(
    data1: Tensor, data2: Tensor, kernel_size: int, max_displacement: int, stride1: int,
    stride2: int, padding: Any, is_multiply: bool,
) -> Tensor:  # fmt: skip
    """Patches of one image (n, c, h, w) compared with displaced ones of another: a channel each.

    A patch has `kernel_size` (odd) rows and columns; its centres are `stride1` apart.
    Displacements are multiples of `stride2`, up to `max_displacement`, along both axes. The result
    is the mean product, or without `is_multiply` the mean difference.
    """
    if kernel_size % 2 == 0:
        raise ExpressionError(f"expected an odd kernel_size for correlation, got {kernel_size}")
    before, after = paddings(padding, (kernel_size, kernel_size))
    one, two = (pad(x, (0, 0, *before), (0, 0, *after)) for x in (data1, data2))
    steps = max_displacement // stride2
    across = 2 * steps + 1
    border = max_displacement + kernel_size // 2
    height, width = (
        (extent - 2 * border + stride1 - 1) // stride1 for extent in (one.shape[2], one.shape[3])
    )
    channels = data1.shape[1]
    rc = te.reduce_axis((0, channels), name="rc")
    ry, rx = (te.reduce_axis((0, kernel_size), name=name) for name in ("ry", "rx"))

    def compared(n: Expr, q: Expr, i: Expr, j: Expr) -> Expr:
        y, x = i * stride1 + max_displacement + ry, j * stride1 + max_displacement + rx
        down, right = (q // across - steps) * stride2, (q % across - steps) * stride2
        a, b = one[n, rc, y, x], two[n, rc, y + down, x + right]
        return te.sum(a * b if is_multiply else te.abs(a - b), axis=[rc, ry, rx])

    shape = (data1.shape[0], te.const(across * across, "int64"), height, width)
    total = te.compute(shape, compared, name="correlation_nchw")
    count = (channels * kernel_size * kernel_size).astype(data1.dtype)
    return te.compute(shape, lambda *at: total(*at) / count, name="correlation_mean")
