"""Convolutions by NumPy, of any number of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autosched.tvm.topi.nn.windows import each, paddings

Array = np.ndarray


def convolve(
    x: Array, weight: Array, stride: Any, padding: Any, dilation: Any = 1, groups: int = 1
) -> Array:
    """Return the convolution of (N, C, space) by (O, C / groups, points).

    `padding` is "VALID", "SAME", one number, one for each axis, or those before each axis and
    then those after.
    """
    rank = x.ndim - 2
    strides, dilations = each(stride, rank, "strides"), each(dilation, rank, "dilations")
    pairs = zip(weight.shape[2:], dilations, strict=True)
    spans = tuple((points - 1) * step + 1 for points, step in pairs)
    sides = [(0, 0), (0, 0), *zip(*paddings(padding, spans), strict=True)]
    windows = sliding_window_view(np.pad(x, sides), spans, axis=tuple(range(2, x.ndim)))
    steps = (1, 1, *strides, *dilations)
    windows = windows[tuple(slice(None, None, step) for step in steps)]
    points = list(range(2 + rank, 2 + 2 * rank))
    parts = [
        np.moveaxis(np.tensordot(part, filters, ([1, *points], list(range(1, 2 + rank)))), -1, 1)
        for part, filters in zip(
            np.split(windows, groups, axis=1), np.split(weight, groups), strict=True
        )
    ]
    return np.concatenate(parts, axis=1).astype(x.dtype)


def conv1d_ncw_python(a_np: Array, w_np: Array, stride: Any, padding: Any, dilation: Any) -> Array:
    """Return the convolution of (N, C, W) by (O, C, KW)."""
    return convolve(a_np, w_np, stride, padding, dilation)


def group_conv1d_ncw_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    """Return the convolution of (N, C, W) by (O, C / groups, KW)."""
    return convolve(a_np, w_np, stride, padding, dilation, groups)


def conv2d_nchw_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, groups: int = 1
) -> Array:
    """Return the convolution of (N, C, H, W) by (O, C / groups, KH, KW)."""
    return convolve(a_np, w_np, stride, padding, 1, groups)


def conv2d_nhwc_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, groups: int = 1
) -> Array:
    """Return the convolution of (N, H, W, C) by (KH, KW, C / groups, O)."""
    return _channels_last(a_np, w_np, stride, padding, groups)


def conv2d_hwcn_python(a_np: Array, w_np: Array, stride: Any, padding: Any) -> Array:
    """Return the convolution of (H, W, C, N) by (KH, KW, C, O)."""
    found = convolve(a_np.transpose(3, 2, 0, 1), w_np.transpose(3, 2, 0, 1), stride, padding)
    return found.transpose(2, 3, 1, 0)


def conv3d_ncdhw_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, groups: int = 1
) -> Array:
    """Return the convolution of (N, C, D, H, W) by (O, C / groups, KD, KH, KW)."""
    return convolve(a_np, w_np, stride, padding, 1, groups)


def conv3d_ndhwc_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, groups: int = 1
) -> Array:
    """Return the convolution of (N, D, H, W, C) by (KD, KH, KW, C / groups, O)."""
    return _channels_last(a_np, w_np, stride, padding, groups)


def depthwise_conv2d_python_nchw(
    input_np: Array, filter_np: Array, stride: Any, padding: Any
) -> Array:
    """Return the convolution of each channel of (N, C, H, W) by (C, multiplier, KH, KW)."""
    filters = filter_np.reshape(-1, 1, *filter_np.shape[2:])
    return convolve(input_np, filters, stride, padding, 1, input_np.shape[1])


def depthwise_conv2d_python_nhwc(
    input_np: Array, filter_np: Array, stride: Any, padding: Any
) -> Array:
    """Return the convolution of each channel of (N, H, W, C) by (KH, KW, C, multiplier)."""
    found = depthwise_conv2d_python_nchw(
        input_np.transpose(0, 3, 1, 2), filter_np.transpose(2, 3, 0, 1), stride, padding
    )
    return found.transpose(0, 2, 3, 1)


def conv1d_transpose_ncw_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, output_padding: Any
) -> Array:
    """Return the transposed convolution of (N, C, W) by (C, O, KW)."""
    return _transposed(a_np, w_np, stride, padding, output_padding, 1)


def group_conv1d_transpose_ncw_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, output_padding: Any, groups: int = 1
) -> Array:
    """Return the transposed convolution of (N, C, W) by (C, O / groups, KW)."""
    return _transposed(a_np, w_np, stride, padding, output_padding, groups)


def conv2d_transpose_nchw_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, output_padding: Any, groups: int = 1
) -> Array:
    """Return the transposed convolution of (N, C, H, W) by (C, O / groups, KH, KW)."""
    return _transposed(a_np, w_np, stride, padding, output_padding, groups)


def conv3d_transpose_ncdhw_python(
    a_np: Array, w_np: Array, stride: Any, padding: Any, output_padding: Any, groups: int = 1
) -> Array:
    """Return the transposed convolution of (N, C, D, H, W) by (C, O / groups, KD, KH, KW)."""
    return _transposed(a_np, w_np, stride, padding, output_padding, groups)


def dilate_python(
    input_np: Array, strides: Sequence[int], dilation_value: float = 0.0, out_dtype: Any = None
) -> Array:
    """Return the elements with `strides - 1` others between neighbours of each axis."""
    shape = [(n - 1) * step + 1 for n, step in zip(input_np.shape, strides, strict=True)]
    found = np.full(shape, dilation_value, out_dtype or input_np.dtype)
    found[tuple(slice(None, None, step) for step in strides)] = input_np
    return found


def _channels_last(x: Array, weight: Array, stride: Any, padding: Any, groups: int) -> Array:
    filters = np.moveaxis(weight, (-1, -2), (0, 1))
    found = convolve(np.moveaxis(x, -1, 1), filters, stride, padding, 1, groups)
    return np.moveaxis(found, 1, -1)


def _transposed(
    x: Array, weight: Array, stride: Any, padding: Any, output_padding: Any, groups: int
) -> Array:
    """Add each element times each filter where it lands, then crop and extend by zeros."""
    rank = x.ndim - 2
    strides, more = each(stride, rank, "strides"), each(output_padding, rank, "output_padding")
    before, after = paddings(padding, weight.shape[2:])
    space, kernel = x.shape[2:], weight.shape[2:]
    full = [(n - 1) * s + k for n, s, k in zip(space, strides, kernel, strict=True)]
    extended = [n + extra for n, extra in zip(full, more, strict=True)]
    total = np.zeros((x.shape[0], weight.shape[1] * groups, *extended), x.dtype)
    for point in np.ndindex(*kernel):
        where = [
            slice(at, at + (n - 1) * step + 1, step)
            for at, n, step in zip(point, space, strides, strict=True)
        ]
        filters = np.split(weight[(slice(None), slice(None), *point)], groups)
        parts = zip(np.split(x, groups, axis=1), filters, strict=True)
        found = [np.einsum("nc...,cf->nf...", part, w) for part, w in parts]
        total[(slice(None), slice(None), *where)] += np.concatenate(found, axis=1)
    crop = [slice(b, n - a) for b, n, a in zip(before, extended, after, strict=True)]
    return total[(slice(None), slice(None), *crop)]
