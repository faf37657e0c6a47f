"""What operators compute, by NumPy, for the scripts that compare with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv2d_nchw_python(
    a_np: np.ndarray, w_np: np.ndarray, stride: Any, padding: Any, groups: int = 1
) -> np.ndarray:
    """Return the convolution of (N, C, H, W) by (O, C / groups, KH, KW).

    `padding` is one number, one for each axis, or top, left, bottom, right.
    """
    (sh, sw), (top, left, bottom, right) = _pair(stride), _sides(padding)
    padded = np.pad(a_np, ((0, 0), (0, 0), (top, bottom), (left, right)))
    windows = sliding_window_view(padded, w_np.shape[2:], axis=(2, 3))[:, :, ::sh, ::sw]
    pairs = zip(np.split(windows, groups, axis=1), np.split(w_np, groups), strict=True)
    parts = [np.einsum("nchwij,ocij->nohw", *pair, optimize=True) for pair in pairs]
    return np.concatenate(parts, axis=1).astype(a_np.dtype)


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _sides(value: int | Sequence[int]) -> tuple[int, int, int, int]:
    if not isinstance(value, int) and len(value) == 4:
        return value[0], value[1], value[2], value[3]
    height, width = _pair(value)
    return height, width, height, width
