"""Arrays as kernels want them: aligned to a cache line and a vector register."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

ALIGNMENT_BYTES = 64
"""A cache line, and the widest vector register, of every CPU we generate code for."""


def empty(shape: Sequence[int], dtype: np.dtype, alignment: int = ALIGNMENT_BYTES) -> np.ndarray:
    """An uninitialised C-contiguous array whose first byte is at a multiple of `alignment`."""
    size = prod(shape) * dtype.itemsize
    raw = np.empty(size + alignment, np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start : start + size].view(dtype).reshape(shape)


def aligned(array: np.ndarray, alignment: int = ALIGNMENT_BYTES) -> np.ndarray:
    """`array` itself where it is aligned and C-contiguous, else a copy that is."""
    if array.flags.c_contiguous and array.ctypes.data % alignment == 0:
        return array
    copy = empty(array.shape, array.dtype, alignment)
    copy[...] = array
    return copy


def addresses(arrays: Sequence[np.ndarray]) -> list[int]:
    """Where each array's first byte is."""
    return [array.__array_interface__["data"][0] for array in arrays]  # faster than .ctypes
