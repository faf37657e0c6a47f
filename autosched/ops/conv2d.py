"""Two-dimensional convolution in layout NCHW."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ops.checks import (
    Pair,
    check_extent,
    check_number,
    check_rank,
    check_same_dtype,
    pair,
    static,
)
from autosched.ops.elementwise import relu as relu_stage
from autosched.ops.window import output_extent, padded, with_bias
from autosched.te.tensor import Tensor


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
    relu: bool = False,
    out_dtype: DType | str | None = None,
    name: str = "conv2d",
) -> Tensor:
    """The convolution of `x` (n, ci, h, w) with `weight` (co, ci / groups, kh, kw).

    Height and width are padded with zeros on both sides in a separate stage named `pad`;
    `bias` (co) and relu are separate stages too, which a schedule can fuse. Products and sums
    have the dtype `out_dtype`, by default that of the operands.
    """
    check_rank(x, 4, name, "n, ci, h, w")
    check_rank(weight, 4, name, "co, ci / groups, kh, kw")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    wide = x.dtype if out_dtype is None else as_dtype(out_dtype)
    sy, sx = pair(stride, name, "stride", 1)
    dy, dx = pair(dilation, name, "dilation", 1)
    per_group = _channels_per_group(x, weight, groups, name)
    kh, kw = (static(extent, name, "the kernel's extent") for extent in weight.shape[2:])
    image = padded(x, pair(padding, name, "padding", 0), te.const(0, x.dtype))
    height = output_extent(image.shape[2], dy * (kh - 1) + 1, sy, name, "height")
    width = output_extent(image.shape[3], dx * (kw - 1) + 1, sx, name, "width")
    rc = te.reduce_axis((0, weight.shape[1]), name="rc")
    ry = te.reduce_axis((0, kh), name="ry")
    rx = te.reduce_axis((0, kw), name="rx")
    result = te.compute(
        (x.shape[0], weight.shape[0], height, width),
        lambda b, co, y, z: te.sum(
            image(
                b,
                co // per_group * weight.shape[1] + rc if groups > 1 else rc,
                y * sy + ry * dy,
                z * sx + rx * dx,
            ).astype(wide)
            * weight(co, rc, ry, rx).astype(wide),
            axis=[rc, ry, rx],
        ),
        name=name,
    )
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
