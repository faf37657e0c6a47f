"""The operators of moving windows in NumPy, independent of `te`; see `autosched.ops.reference`."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autosched.ir.dtype import dtype
from autosched.ops.reference import ACTIVATIONS, Array
from autosched.ops.reference import relu as rectified


def convolution(
    x: Array, weight: Array, *more: Array,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, residual: bool = False, relu: bool = False, activation: str = "none",
    out_dtype: str = "",
) -> Array:  # fmt: skip
    """Multiply the windows, as rows of a matrix, by the filters, group by group."""
    kind = np.dtype(out_dtype or x.dtype)
    x, weight = x.astype(kind), weight.astype(kind)
    space = x.ndim - 2
    windows = _windows(_padded(x, padding, 0), weight.shape[2:], stride, dilation)
    points = range(2 + space, 2 + 2 * space)
    parts = [
        np.moveaxis(
            np.tensordot(part, filters, axes=([1, *points], list(range(1, 2 + space)))), -1, 1
        )
        for part, filters in zip(
            np.split(windows, groups, axis=1), np.split(weight, groups), strict=True
        )
    ]
    result = np.concatenate(parts, axis=1).astype(kind)
    return ACTIVATIONS[activation](_finished(result, more, bias, residual, relu))


def depthwise_conv2d(
    x: Array, weight: Array, *more: Array,
    stride: int = 1, padding: int = 0, dilation: int = 1, multiplier: int = 1,
    bias: bool = False, relu: bool = False, activation: str = "none",
) -> Array:  # fmt: skip
    each = np.repeat(x, multiplier, axis=1)
    windows = _windows(_padded(each, padding, 0), weight.shape[1:], stride, dilation)
    result = np.einsum("ncyxij,cij->ncyx", windows, weight)
    return ACTIVATIONS[activation](_finished(result, more, bias, False, relu))


def transposed_convolution(
    x: Array, weight: Array, *more: Array,
    stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1, groups: int = 1,
    bias: bool = False, relu: bool = False,
) -> Array:  # fmt: skip
    """Add each element times each filter where it lands, then crop."""
    kernel, co = weight.shape[2:], weight.shape[1] * groups
    full = [
        (n - 1) * stride + dilation * (k - 1) + 1 + output_padding
        for n, k in zip(x.shape[2:], kernel, strict=True)
    ]
    total = np.zeros((x.shape[0], co, *full), x.dtype)
    inputs = x.reshape(x.shape[0], groups, -1, *x.shape[2:])
    for point in np.ndindex(*kernel):
        where = [
            slice(at * dilation, at * dilation + (n - 1) * stride + 1, stride)
            for at, n in zip(point, x.shape[2:], strict=True)
        ]
        filters = weight[(slice(None), slice(None), *point)].reshape(groups, -1, weight.shape[1])
        part = np.einsum("ngc...,gcf->ngf...", inputs, filters)
        total[_in_space(where)] += part.reshape(x.shape[0], co, *x.shape[2:])
    cut = [slice(padding, extent - padding) for extent in full]
    return _finished(total[_in_space(cut)], more, bias, False, relu)


def capsule_conv2d(x: Array, weight: Array, *, stride: int = 1, padding: int = 0) -> Array:
    sides = [(0, 0), (padding, padding), (padding, padding)] + [(0, 0)] * 3
    windows = sliding_window_view(np.pad(x, sides), weight.shape[:2], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    return np.einsum("nyxpqcij,ijqrcf->nyxprf", windows, weight, optimize=True).astype(x.dtype)


def max_pool(x: Array, *, k: int, stride: int = 1, padding: int = 0) -> Array:
    padded = _padded(x, padding, dtype(x.dtype).min_value)
    windows = _windows(padded, (k,) * (x.ndim - 2), stride, 1)
    return windows.max(axis=tuple(range(x.ndim, windows.ndim)))


def avg_pool(
    x: Array, *, k: int, stride: int = 1, padding: int = 0, count_include_pad: bool = True
) -> Array:
    kernel = (k,) * (x.ndim - 2)
    points = tuple(range(x.ndim, x.ndim + len(kernel)))
    windows = _windows(_padded(x, padding, 0), kernel, stride, 1)
    total = windows.sum(axis=points, dtype=x.dtype)
    if count_include_pad:
        return total / x.dtype.type(math.prod(kernel))
    ones = _padded(np.ones_like(x[:1, :1]), padding, 0)
    return total / _windows(ones, kernel, stride, 1).sum(axis=points, dtype=x.dtype)


def _in_space(parts: list[slice]) -> tuple[slice, ...]:
    return slice(None), slice(None), *parts


def _padded(x: Array, padding: int, value: float) -> Array:
    if not padding:
        return x
    sides = [(0, 0), (0, 0)] + [(padding, padding)] * (x.ndim - 2)
    return np.pad(x, sides, constant_values=value)


def _windows(x: Array, kernel: tuple[int, ...], stride: int, dilation: int) -> Array:
    """Return the windows of an image: n, c, their places, then the points of the kernel."""
    spans = tuple((extent - 1) * dilation + 1 for extent in kernel)
    windows = sliding_window_view(x, spans, axis=tuple(range(2, x.ndim)))
    steps = [1, 1] + [stride] * len(kernel) + [dilation] * len(kernel)
    return windows[tuple(slice(None, None, step) for step in steps)]


def _finished(
    result: Array, more: tuple[Array, ...], bias: bool, residual: bool, relu: bool
) -> Array:
    """Add the bias of each channel and the residual, which are `more` where there are any."""
    if bias:
        result = result + more[0].reshape(-1, *[1] * (result.ndim - 2))
    if residual:
        result = result + more[-1]
    return rectified(result) if relu else result
