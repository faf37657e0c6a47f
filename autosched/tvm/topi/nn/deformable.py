"""Convolutions whose windows are deformed by offsets (Dai et al., arXiv:1703.06211)."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.errors import not_offered
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.windows import each, paddings
from autosched.tvm.topi.sampling import linear
from autosched.tvm.topi.transform.shape import transpose
from autosched.tvm.topi.utils import get_const_int


def deformable_conv2d_nchw(
    data: Tensor, offset: Tensor, kernel: Tensor, strides: Any, padding: Any, dilation: Any,
    deformable_groups: int, groups: int, out_dtype: str | None = None,
) -> Tensor:  # fmt: skip
    """The convolution of (n, c, h, w) with (co, c, kh, kw), each point of a window moved.

    `offset` is (n, deformable_groups * kh * kw * 2, ho, wo): the moves along y and x. Reads
    between points are linear; a point that is moved outside is 0.
    """
    if groups != 1:
        raise not_offered("deformable_conv2d of groups")
    kh, kw = (get_const_int(extent) for extent in kernel.shape[2:])
    steps, apart = each(strides, 2, "strides"), each(dilation, 2, "dilation")
    spans = ((kh - 1) * apart[0] + 1, (kw - 1) * apart[1] + 1)
    before, _ = paddings(padding, spans)
    n, c, *extents = data.shape
    members = get_const_int(c) // deformable_groups

    def moved(b: Expr, ch: Expr, i: Expr, j: Expr, y: Expr, x: Expr) -> Expr:
        first = (ch // members * (kh * kw) + i * kw + j) * 2
        places = []
        for side, (at, tap) in enumerate(((y, i), (x, j))):
            start = at * steps[side] - before[side] + tap * apart[side]
            places.append(start.astype(offset.dtype) + offset[b, first + side, y, x])
        inside = te.all(*(p >= 0 for p in places), *(
            p < extent.astype(offset.dtype) for p, extent in zip(places, extents, strict=True)
        ))  # fmt: skip
        value = linear(lambda at: data(b, ch, *at), places, extents)
        return te.if_then_else(inside, value, te.const(0, value.dtype))

    ho, wo = offset.shape[2:]
    taps = (te.const(kh, "int64"), te.const(kw, "int64"))
    windows = te.compute((n, c, *taps, ho, wo), moved, name="data_deform")
    rc, ry, rx = (te.reduce_axis((0, extent)) for extent in (c, *taps))
    wide = out_dtype or data.dtype

    def product(b: Expr, f: Expr, y: Expr, x: Expr) -> Expr:
        read = windows[b, rc, ry, rx, y, x].astype(wide)
        return te.sum(read * kernel[f, rc, ry, rx].astype(wide), axis=[rc, ry, rx])

    return te.compute((n, kernel.shape[0], ho, wo), product, name="deformable_conv2d_nchw")


def deformable_conv2d_nhwc(
    data: Tensor, offset: Tensor, kernel: Tensor, strides: Any, padding: Any, dilation: Any,
    deformable_groups: int, groups: int, out_dtype: str | None = None,
) -> Tensor:  # fmt: skip
    """The same of (n, h, w, c) with (kh, kw, c, co) and offsets (n, ho, wo, ...)."""
    found = deformable_conv2d_nchw(
        transpose(data, (0, 3, 1, 2)), transpose(offset, (0, 3, 1, 2)),
        transpose(kernel, (3, 2, 0, 1)), strides, padding, dilation, deformable_groups, groups,
        out_dtype,
    )  # fmt: skip
    return transpose(found, (0, 2, 3, 1))
