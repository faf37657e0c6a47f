"""Gradients of convolutions of each channel, NHWC."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.space import dilate, pad
from autosched.tvm.topi.nn.windows import each, paddings
from autosched.tvm.topi.utils import get_const_int


def depthwise_conv2d_backward_input_nhwc(
    Filter: Tensor, Out_grad: Tensor, oshape: Any, ishape: Any, stride: Any, padding: Any
) -> Tensor:
    """The gradient of the input, of the shape `ishape`, by that of the output.

    `Filter` is (kh, kw, c, multiplier).
    """
    kh, kw = (get_const_int(extent) for extent in Filter.shape[:2])
    m = Filter.shape[3]
    strides, (before, after) = each(stride, 2, "stride"), paddings(padding, (kh, kw))
    apart = dilate(Out_grad, (1, *strides, 1), name="dilated_out_grad")
    low = [k - 1 - side for k, side in zip((kh, kw), before, strict=True)]
    high = [k - 1 - side + step - 1 for k, side, step in zip((kh, kw), after, strides, strict=True)]
    wide = pad(apart, (0, *low, 0), (0, *high, 0), name="padded_out_grad")
    dh, dw, dc = (
        te.reduce_axis((0, extent), name=name)
        for name, extent in (("dh", kh), ("dw", kw), ("dc", m))
    )

    def gradient(b: Expr, h: Expr, w: Expr, c: Expr) -> Expr:
        weight = Filter(kh - 1 - dh, kw - 1 - dw, c, dc)
        return te.sum(wide(b, h + dh, w + dw, c * m + dc) * weight, axis=[dh, dw, dc])

    return te.compute(tuple(ishape), gradient, name="depthwise_backward_input")


def depthwise_conv2d_backward_weight_nhwc(
    Input: Tensor, Out_grad: Tensor, oshape: Any, fshape: Any, stride: Any, padding: Any
) -> Tensor:
    """The gradient of the filter, (kh, kw, c, multiplier), by that of the output."""
    kh, kw, _, m = fshape
    strides = each(stride, 2, "stride")
    before, after = paddings(padding, (get_const_int(kh), get_const_int(kw)))
    image = pad(Input, (0, *before, 0), (0, *after, 0), name="padded_in")
    db, dh, dw = (
        te.reduce_axis((0, extent), name=name)
        for name, extent in zip(("db", "dh", "dw"), Out_grad.shape[:3], strict=True)
    )

    def gradient(i: Expr, j: Expr, c: Expr, n: Expr) -> Expr:
        read = image(db, dh * strides[0] + i, dw * strides[1] + j, c)
        return te.sum(Out_grad(db, dh, dw, c * m + n) * read, axis=[db, dh, dw])

    return te.compute(tuple(fshape), gradient, name="depthwise_backward_weight")
