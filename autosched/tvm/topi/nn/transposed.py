"""Transposed convolutions, channels first."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.windows import each, paddings
from autosched.tvm.topi.utils import get_const_int


def conv1d_transpose_ncw(
    data: Tensor, kernel: Tensor, stride: Any, padding: Any, out_dtype: DType | str,
    output_padding: Any,
) -> Tensor:  # fmt: skip
    """The transposed convolution of (n, ci, w) with (ci, co, k)."""
    return _transposed(data, kernel, stride, padding, out_dtype, output_padding)


def conv2d_transpose_nchw(
    Input: Tensor, Filter: Tensor, strides: Any, padding: Any, out_dtype: DType | str,
    output_padding: Any,
) -> Tensor:  # fmt: skip
    """The transposed convolution of (n, ci, h, w) with (ci, co, kh, kw)."""
    return _transposed(Input, Filter, strides, padding, out_dtype, output_padding)


def conv3d_transpose_ncdhw(
    Input: Tensor, Filter: Tensor, strides: Any, padding: Any, out_dtype: DType | str,
    output_padding: Any,
) -> Tensor:  # fmt: skip
    """The transposed convolution of (n, ci, d, h, w) with (ci, co, kd, kh, kw)."""
    return _transposed(Input, Filter, strides, padding, out_dtype, output_padding)


def group_conv1d_transpose_ncw(
    data: Tensor, kernel: Tensor, stride: Any, padding: Any, out_dtype: DType | str,
    output_padding: Any, groups: int,
) -> Tensor:  # fmt: skip
    """The transposed convolution of each group of (n, ci, w) with (ci, co / groups, k)."""
    return _transposed(data, kernel, stride, padding, out_dtype, output_padding, groups)


def group_conv2d_transpose_nchw(
    data: Tensor, kernel: Tensor, stride: Any, padding: Any, out_dtype: DType | str,
    output_padding: Any, groups: int,
) -> Tensor:  # fmt: skip
    """The transposed convolution of each group of (n, ci, h, w) with (ci, co / groups, kh, kw)."""
    return _transposed(data, kernel, stride, padding, out_dtype, output_padding, groups)


def group_conv3d_transpose_ncdhw(
    data: Tensor, kernel: Tensor, strides: Any, padding: Any, out_dtype: DType | str,
    output_padding: Any, groups: int,
) -> Tensor:  # fmt: skip
    """The transposed convolution of each group of volumes with (ci, co / groups, kd, kh, kw)."""
    return _transposed(data, kernel, strides, padding, out_dtype, output_padding, groups)


def _transposed(
    x: Tensor, weight: Tensor, stride: Any, padding: Any, out_dtype: DType | str,
    output_padding: Any, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Crop the transposed convolution without padding, or extend it by zeros."""
    rank = x.ndim - 2
    kernel = tuple(get_const_int(extent) for extent in weight.shape[2:])
    strides, more = each(stride, rank, "strides"), each(output_padding, rank, "output_padding")
    space = tuple(get_const_int(extent) for extent in x.shape[2:])
    before, after = paddings(padding, kernel)
    full = transposed_convolution(
        x, weight, None, strides, out_dtype=out_dtype or x.dtype, groups=groups
    )
    extents = [(n - 1) * step + k for n, step, k in zip(space, strides, kernel, strict=True)]
    wanted = [
        extent - low - high + extra
        for extent, low, high, extra in zip(extents, before, after, more, strict=True)
    ]

    def element(b: Expr, c: Expr, *place: Expr) -> Expr:
        source = [at + low for at, low in zip(place, before, strict=True)]
        inside = [
            at < extent
            for at, extent, want, low in zip(source, extents, wanted, before, strict=True)
            if want + low > extent
        ]
        value = full(b, c, *source)
        return te.if_then_else(te.all(*inside), value, te.const(0, full.dtype)) if inside else value

    return te.compute((*full.shape[:2], *wanted), element, name="conv_transpose_crop")
