"""Operators on patches of images, point by point, by NumPy."""

from __future__ import annotations

from itertools import product
from math import floor
from typing import Any

import numpy as np

from autosched.tvm.topi.nn.windows import each, paddings

Array = np.ndarray


def correlation_nchw_python(
    data1: Array, data2: Array, kernel_size: int, max_displacement: int, stride1: int,
    stride2: int, padding: int, is_multiply: bool,
) -> Array:  # fmt: skip
    """Return the likeness of patches of two images; see `topi.nn.correlation_nchw`."""
    sides = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    one, two = np.pad(data1, sides), np.pad(data2, sides)
    steps, border = max_displacement // stride2, max_displacement + kernel_size // 2
    moves = [step * stride2 for step in range(-steps, steps + 1)]
    rows, columns = (range(border, extent - border, stride1) for extent in one.shape[2:])
    found = np.zeros((len(data1), len(moves) ** 2, len(rows), len(columns)), data1.dtype)
    half = kernel_size // 2
    for q, (down, right) in enumerate(product(moves, moves)):
        for (i, y), (j, x) in product(enumerate(rows), enumerate(columns)):
            a = one[:, :, y - half :, x - half :][..., :kernel_size, :kernel_size]
            b = two[:, :, y + down - half :, x + right - half :][..., :kernel_size, :kernel_size]
            found[:, q, i, j] = (a * b if is_multiply else abs(a - b)).mean(axis=(1, 2, 3))
    return found


def deformable_conv2d_nchw_python(
    a_np: Array, offset_np: Array, w_np: Array, stride: Any, padding: Any, dilation: Any,
    deformable_groups: int, groups: int,
) -> Array:  # fmt: skip
    """Return a convolution whose points are moved; see `topi.nn.deformable_conv2d_nchw`."""
    batch, channels, *space = a_np.shape
    kernel = w_np.shape[2:]
    steps, apart = each(stride, 2, "stride"), each(dilation, 2, "dilation")
    before, _ = paddings(padding, kernel)
    out = offset_np.shape[2:]
    moves = offset_np.reshape(batch, deformable_groups, *kernel, 2, *out)
    taken = np.zeros((batch, channels, *kernel, *out), a_np.dtype)
    for n, c, i, j, y, x in np.ndindex(*taken.shape):
        dy, dx = moves[n, c // (channels // deformable_groups), i, j, :, y, x]
        row = y * steps[0] - before[0] + i * apart[0] + dy
        column = x * steps[1] - before[1] + j * apart[1] + dx
        if 0 <= row < space[0] and 0 <= column < space[1]:
            taken[n, c, i, j, y, x] = _between(a_np[n, c], row, column)
    return np.einsum("ncijyx,fcij->nfyx", taken, w_np)


def deformable_conv2d_nhwc_python(
    a_np: Array, offset_np: Array, w_np: Array, stride: Any, padding: Any, dilation: Any,
    deformable_groups: int, groups: int,
) -> Array:  # fmt: skip
    """Return the same of (n, h, w, c) with (kh, kw, c, co)."""
    found = deformable_conv2d_nchw_python(
        a_np.transpose(0, 3, 1, 2), offset_np.transpose(0, 3, 1, 2), w_np.transpose(3, 2, 0, 1),
        stride, padding, dilation, deformable_groups, groups,
    )  # fmt: skip
    return found.transpose(0, 2, 3, 1)


def _between(image: Array, row: float, column: float) -> float:
    """Return the linear interpolation of four points, of which those outside are 0."""
    y, x, total = floor(row), floor(column), 0.0
    for i, j in product((y, y + 1), (x, x + 1)):
        if 0 <= i < image.shape[0] and 0 <= j < image.shape[1]:
            total += image[i, j] * (1 - abs(row - i)) * (1 - abs(column - j))
    return total
