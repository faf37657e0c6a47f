"""The operators in NumPy, independent of `te`, as users of NumPy would write them.

The positional arguments are the workload's inputs; parameters are keyword arguments. bfloat16
is not supported, since NumPy has no such dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Array = np.ndarray


def matmul(a: Array, b: Array, *, out_dtype: str = "") -> Array:
    kind = np.dtype(out_dtype or a.dtype)
    if a.dtype == np.float16:
        return (a.astype(np.float32) @ b.astype(np.float32)).astype(kind)
    return a.astype(kind, copy=False) @ b.astype(kind, copy=False)


def batch_matmul(a: Array, b: Array) -> Array:
    return matmul(a, b)


def dense(x: Array, weight: Array, bias: Array | None = None, *, activation: str = "none") -> Array:
    product = matmul(x, weight.T)
    return ACTIVATIONS[activation](product if bias is None else product + bias)


def conv2d(
    x: Array, weight: Array, bias: Array | None = None, *,
    stride: int = 1, padding: int = 0, dilation: int = 1, groups: int = 1, relu: bool = False,
) -> Array:  # fmt: skip
    """Multiply the windows, as rows of a matrix, by the filters, group by group."""
    windows = _windows(_padded(x, padding, 0), weight.shape[2:], stride, dilation)
    parts = [
        np.tensordot(part, filters, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
        for part, filters in zip(
            np.split(windows, groups, axis=1), np.split(weight, groups), strict=True
        )
    ]
    return _finished(np.concatenate(parts, axis=1).astype(x.dtype), bias, relu)


def depthwise_conv2d(
    x: Array, weight: Array, bias: Array | None = None, *,
    stride: int = 1, padding: int = 0, dilation: int = 1, multiplier: int = 1, relu: bool = False,
) -> Array:  # fmt: skip
    each = np.repeat(x, multiplier, axis=1)
    windows = _windows(_padded(each, padding, 0), weight.shape[1:], stride, dilation)
    return _finished(np.einsum("ncyxij,cij->ncyx", windows, weight), bias, relu)


def max_pool2d(x: Array, *, k: int, stride: int = 1, padding: int = 0) -> Array:
    least = -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    return _windows(_padded(x, padding, least), (k, k), stride, 1).max(axis=(4, 5))


def avg_pool2d(
    x: Array, *, k: int, stride: int = 1, padding: int = 0, count_include_pad: bool = True
) -> Array:
    total = _windows(_padded(x, padding, 0), (k, k), stride, 1).sum(axis=(4, 5), dtype=x.dtype)
    if count_include_pad:
        return total / x.dtype.type(k * k)
    ones = _padded(np.ones_like(x[:1, :1]), padding, 0)
    return total / _windows(ones, (k, k), stride, 1).sum(axis=(4, 5), dtype=x.dtype)


def softmax(x: Array) -> Array:
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def layer_norm(x: Array, gamma: Array, beta: Array, *, epsilon: float = 1e-5) -> Array:
    deviation = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(deviation * deviation, axis=-1, keepdims=True)
    return deviation / np.sqrt(variance + x.dtype.type(epsilon)) * gamma + beta


def relu(x: Array) -> Array:
    return np.maximum(x, x.dtype.type(0))


def gelu(x: Array) -> Array:
    erf = np.vectorize(math.erf, otypes=[float])
    return (0.5 * x * (1 + erf(x * math.sqrt(0.5)))).astype(x.dtype)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "none": lambda x: x,
    "relu": relu,
    "gelu": gelu,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
}
ELEMENTWISE: dict[str, Callable[..., Array]] = {
    **ACTIVATIONS,
    "exp": np.exp,
    "add": np.add,
    "mul": np.multiply,
}


def _padded(x: Array, padding: int, value: float) -> Array:
    if not padding:
        return x
    sides = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    return np.pad(x, sides, constant_values=value)


def _windows(x: Array, kernel: tuple[int, ...], stride: int, dilation: int) -> Array:
    """Return the windows of an image as (n, c, y, x, kernel y, kernel x)."""
    height, width = ((extent - 1) * dilation + 1 for extent in kernel)
    windows = sliding_window_view(x, (height, width), axis=(2, 3))
    return windows[:, :, ::stride, ::stride, ::dilation, ::dilation]


def _finished(result: Array, bias: Array | None, rectified: bool) -> Array:
    if bias is not None:
        result = result + bias[:, None, None]
    return relu(result) if rectified else result
