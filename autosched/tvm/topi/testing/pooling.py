"""Pooling by NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray


def poolnd_python(
    np_data: Array, kernel: Sequence[int], strides: Sequence[int], dilation: Sequence[int],
    padding_before: Sequence[int], padding_after: Sequence[int], pool_type: str,
    count_include_pad: bool = True, ceil_mode: bool = False, dtype: str = "float32",
    layout: str = "NCHW",
) -> Array:  # fmt: skip
    """Return the "max" or "avg" of each window.

    A maximum sees the padding as 0 with `count_include_pad`, otherwise as the least value.
    """
    data = np.moveaxis(np_data, layout.index("C"), 1)
    sides = [(0, 0), (0, 0), *zip(padding_before, padding_after, strict=True)]
    lowest = -np.inf if data.dtype.kind == "f" else np.iinfo(data.dtype).min
    filler = lowest if pool_type == "max" and not count_include_pad else 0
    padded = np.pad(data, sides, constant_values=filler)
    counted = np.pad(np.ones(data.shape, bool), sides, constant_values=count_include_pad)
    space = padded.shape[2:]
    shape = [
        (n - (k - 1) * d - 1 + (s - 1) * ceil_mode) // s + 1
        for n, k, s, d in zip(space, kernel, strides, dilation, strict=True)
    ]
    found = np.zeros((*data.shape[:2], *shape), dtype)
    axes = tuple(range(2, data.ndim))
    for place in np.ndindex(*shape):
        window = tuple(
            slice(at * s, at * s + (k - 1) * d + 1, d)
            for at, k, s, d in zip(place, kernel, strides, dilation, strict=True)
        )
        values = padded[(slice(None), slice(None), *window)]
        if pool_type == "max":
            found[(slice(None), slice(None), *place)] = values.max(axis=axes)
        else:
            count = max(int(counted[0, 0][window].sum()), 1)
            found[(slice(None), slice(None), *place)] = values.sum(axis=axes) / count
    return np.moveaxis(found, 1, layout.index("C"))


def adaptive_pool(np_data: Array, out_size: Any, pool_type: str, layout: str) -> Array:
    """Return the "max" or "avg" of windows that divide each axis into `out_size` parts."""
    data = np.moveaxis(np_data, layout.index("C"), 1)
    sizes = (out_size,) * (data.ndim - 2) if isinstance(out_size, int) else tuple(out_size)
    found = np.zeros((*data.shape[:2], *sizes), data.dtype)
    reduce = np.max if pool_type == "max" else np.mean
    for place in np.ndindex(*sizes):
        window = tuple(
            slice(at * n // parts, -(-(at + 1) * n // parts))
            for at, n, parts in zip(place, data.shape[2:], sizes, strict=True)
        )
        values = data[(slice(None), slice(None), *window)]
        found[(slice(None), slice(None), *place)] = reduce(values, axis=tuple(range(2, data.ndim)))
    return np.moveaxis(found, 1, layout.index("C"))


def pool_grad_nchw(
    a_np: Array, out_grad_np: Array, pool_size: Sequence[int], strides: Sequence[int],
    padding: Sequence[int], pool_type: str, ceil_mode: bool, count_include_pad: bool = True,
) -> Array:  # fmt: skip
    """Return the gradient of positive data (N, C, H, W) by that of its pooled windows."""
    top, left, bottom, right = padding
    sides = [(0, 0), (0, 0), (top, bottom), (left, right)]
    padded = np.pad(a_np, sides)
    inside = np.pad(np.ones(a_np.shape, bool), sides)
    found = np.zeros(padded.shape)
    for i, j in np.ndindex(*out_grad_np.shape[2:]):
        y, x = i * strides[0], j * strides[1]
        window = np.s_[:, :, y : y + pool_size[0], x : x + pool_size[1]]
        values, grad = padded[window], out_grad_np[:, :, i, j, np.newaxis, np.newaxis]
        if pool_type == "max":
            found[window] += grad * (values == values.max(axis=(2, 3), keepdims=True))
        else:
            counted = values[0, 0].size if count_include_pad else inside[window][0, 0].sum()
            found[window] += grad / max(counted, 1)
    return found[:, :, top : top + a_np.shape[2], left : left + a_np.shape[3]]
