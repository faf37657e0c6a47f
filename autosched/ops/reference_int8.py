"""The int8 operators in NumPy on int32 arrays, independent of `te`."""

from __future__ import annotations

import numpy as np

from autosched.ops import reference_windows

Array = np.ndarray


def requantize(x: Array, bias: Array | None = None, *, shift: int = 0, relu: bool = False) -> Array:
    """Convert sums (n, channels, ...) to int8; `bias` has one value for each channel."""
    result = x >> np.int32(shift)
    if bias is not None:
        result = result + bias.reshape(-1, *[1] * (x.ndim - 2))
    return _narrow(result, relu)


def conv2d(
    x: Array, weight: Array, bias: Array | None = None, *,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1,
    shift: int = 8, relu: bool = False,
) -> Array:  # fmt: skip
    sums = reference_windows.convolution(
        _wide(x), _wide(weight), stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    return requantize(sums, bias, shift=shift, relu=relu)


def depthwise_conv2d(
    x: Array, weight: Array, bias: Array | None = None, *,
    stride: int = 1, padding: int = 0, dilation: int = 1,
    shift: int = 8, relu: bool = False,
) -> Array:  # fmt: skip
    sums = reference_windows.depthwise_conv2d(
        _wide(x), _wide(weight), stride=stride, padding=padding, dilation=dilation
    )
    return requantize(sums, bias, shift=shift, relu=relu)


def conv2d_transpose(
    x: Array, weight: Array, bias: Array | None = None, *,
    stride: int = 1, padding: int = 0, output_padding: int = 0,
    shift: int = 8, relu: bool = False,
) -> Array:  # fmt: skip
    """Add every input value times the kernel to the result, then crop the padding."""
    n, _, h, w = x.shape
    _, co, kh, kw = weight.shape
    rows, columns = ((e - 1) * stride + k + output_padding for e, k in ((h, kh), (w, kw)))
    full = np.zeros((n, co, rows, columns), np.int32)
    for ky, kx in np.ndindex(kh, kw):
        term = np.einsum("ncyx,co->noyx", _wide(x), _wide(weight[:, :, ky, kx]))
        last_y, last_x = ky + (h - 1) * stride + 1, kx + (w - 1) * stride + 1
        full[:, :, ky:last_y:stride, kx:last_x:stride] += term
    sums = full[:, :, padding : rows - padding, padding : columns - padding]
    return requantize(sums, bias, shift=shift, relu=relu)


def dense(
    x: Array, weight: Array, bias: Array | None = None, *, shift: int = 8, relu: bool = False
) -> Array:
    return requantize(_wide(x) @ _wide(weight).T, bias, shift=shift, relu=relu)


def matmul(a: Array, b: Array, *, shift: int = 8, relu: bool = False) -> Array:
    return requantize(_wide(a) @ _wide(b), shift=shift, relu=relu)


def add(a: Array, b: Array, *, shift: int = 0, relu: bool = False) -> Array:
    return requantize(_wide(a) + _wide(b), shift=shift, relu=relu)


def multiply(a: Array, b: Array, *, shift: int = 0, relu: bool = False) -> Array:
    return requantize(_wide(a) * _wide(b), shift=shift, relu=relu)


def relu(x: Array) -> Array:
    return np.maximum(x, np.int8(0))


def avg_pool2d(x: Array, *, k: int, stride: int = 1, padding: int = 0) -> Array:
    """Multiply sums by the `m / 2 ** s` nearest to `1 / k ** 2`, with `m` of 7 bits, and round."""
    ones = np.ones((x.shape[1], k, k), np.int32)
    sums = reference_windows.depthwise_conv2d(_wide(x), ones, stride=stride, padding=padding)
    exponent = int(np.floor(np.log2(127 * k * k)))
    multiplier = int(np.floor(2.0**exponent / (k * k) + 0.5))
    # float64 is exact here: a sum times a multiplier has at most 31 bits.
    return _narrow(np.floor(sums * (multiplier / 2.0**exponent) + 0.5).astype(np.int32), False)


def _wide(x: Array) -> Array:
    return x.astype(np.int32)


def _narrow(x: Array, relu: bool) -> Array:
    return np.clip(x, 0 if relu else -128, 127).astype(np.int8)
