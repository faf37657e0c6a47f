"""Two-dimensional convolution in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.ops.checks import (
    Pair,
    check_extent,
    check_number,
    check_rank,
    check_same_dtype,
    static,
)
from autosched.ops.elementwise import relu as relu_stage
from autosched.ops.window import sliding, with_bias
from autosched.te.tensor import Tensor


def conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: int = 1,
    relu: bool = False, out_dtype: DType | str | None = None, name: str = "conv2d",
) -> Tensor:  # fmt: skip
    """Return the convolution of `x` (n, ci, h, w) with `weight` (co, ci / groups, kh, kw).

    Height and width are padded with zeros on both sides in a separate stage named `pad`;
    `bias` (co) and relu are separate stages too, which a schedule can fuse. Products and sums
    have the dtype `out_dtype`, by default that of the operands.
    """
    check_rank(x, 4, name, "n, ci, h, w")
    check_rank(weight, 4, name, "co, ci / groups, kh, kw")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    wide = x.dtype if out_dtype is None else as_dtype(out_dtype)
    per_group = _channels_per_group(x, weight, groups, name)
    zero = te.const(0, x.dtype)
    window = sliding(x, weight.shape[2:], stride, padding, dilation, zero, name)
    rc = te.reduce_axis((0, weight.shape[1]), name="rc")

    def product(b: Expr, co: Expr, y: Expr, z: Expr) -> Expr:
        channel = co // per_group * weight.shape[1] + rc if groups > 1 else rc
        point = window(b, channel, y, z).astype(wide)
        return te.sum(point * weight(co, rc, *window.axes).astype(wide), axis=[rc, *window.axes])

    result = te.compute((x.shape[0], weight.shape[0], *window.shape), product, name=name)
    if bias is not None:
        result = with_bias(result, bias, name)
    return relu_stage(result) if relu else result


def _channels_per_group(x: Tensor, weight: Tensor, groups: int, name: str) -> int:
    """Return the number of output channels of one group, or 0 if there is one group."""
    if groups == 1:
        check_extent(weight.shape[1], x.shape[1], name, f"dimension 1 of {weight.name}")
        return 0
    channels = static(x.shape[1], name, "the input channels")
    filters = static(weight.shape[0], name, "the output channels")
    if groups < 1 or channels % groups or filters % groups:
        raise ExpressionError(
            f"expected groups of {name} to divide {channels} input and {filters} output "
            f"channels, got {groups}"
        )
    check_extent(weight.shape[1], channels // groups, name, f"dimension 1 of {weight.name}")
    return filters // groups
