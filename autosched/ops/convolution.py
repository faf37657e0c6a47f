"""Convolutions in layout NC and 1 to 3 spatial axes."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ops.checks import (
    Sizes,
    check_extent,
    check_number,
    check_rank,
    check_same_dtype,
    check_space,
    static,
)
from autosched.ops.elementwise import add
from autosched.ops.elementwise import relu as relu_stage
from autosched.ops.halves import rounded, wide_dtype
from autosched.ops.window import places, sliding, with_bias
from autosched.te.tensor import Tensor


def convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
    relu: bool = False, out_dtype: DType | str | None = None, name: str = "conv",
    residual: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Return the convolution of `x` (n, ci, ...) with `weight` (co, ci / groups, ...).

    Space is padded with zeros on both sides in a separate stage named `pad`; `bias` (co),
    the addition of `residual`, in the shape of the result, and relu are separate stages too,
    in this order, which a schedule can fuse. Products and sums have the dtype `out_dtype`, by
    default that of the operands; sums of 16 bits are in float32 then, and rounded.
    """
    space = check_space(x, name, "n, ci")
    check_rank(weight, space + 2, name, "co, ci / groups, then space")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    wide = wide_dtype(x.dtype, out_dtype)
    per_group = _channels_per_group(x, weight, groups, name)
    zero = te.const(0, x.dtype)
    window = sliding(x, weight.shape[2:], stride, padding, dilation, zero, name)
    rc = te.reduce_axis((0, weight.shape[1]), name="rc")

    def product(b: Expr, co: Expr, *place: Expr) -> Expr:
        channel = co // per_group * weight.shape[1] + rc if groups > 1 else rc
        point = window(b, channel, *place).astype(wide)
        return te.sum(point * weight(co, rc, *window.axes).astype(wide), axis=[rc, *window.axes])

    shape = (x.shape[0], weight.shape[0], *window.shape)
    sums = te.compute(shape, product, name=name, varargs_names=places(space))
    return finished(rounded(sums, x.dtype, out_dtype), bias, relu, name, residual)


def conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Sizes = 1, padding: Sizes = 0, dilation: Sizes = 1, groups: int = 1,
    relu: bool = False, out_dtype: DType | str | None = None, name: str = "conv2d",
) -> Tensor:  # fmt: skip
    """Return the `convolution` of `x` (n, ci, h, w) with `weight` (co, ci / groups, kh, kw)."""
    check_rank(x, 4, name, "n, ci, h, w")
    check_rank(weight, 4, name, "co, ci / groups, kh, kw")
    return convolution(x, weight, bias, stride, padding, dilation, groups, relu, out_dtype, name)


def finished(
    x: Tensor, bias: Tensor | None, relu: bool, operator: str, residual: Tensor | None = None
) -> Tensor:
    """Return `x` (n, c, ...) plus one bias per channel, plus the residual, then relu."""
    if bias is not None:
        x = with_bias(x, bias, operator)
    if residual is not None:
        x = add(x, residual, "residual_add")
    return relu_stage(x) if relu else x


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
