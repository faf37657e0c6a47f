"""Arrays aligned for kernels: to a cache line and a vector register."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

ALIGNMENT_BYTES = 64
"""The size of a cache line, and of the widest vector register, of all supported CPUs."""


def empty(shape: Sequence[int], dtype: np.dtype, alignment: int = ALIGNMENT_BYTES) -> np.ndarray:
    """Return an uninitialized C-contiguous array at an address that `alignment` divides."""
    size = prod(shape) * dtype.itemsize
    raw = np.empty(size + alignment, np.uint8)
    (address,) = addresses([raw])
    return np.ndarray(tuple(shape), dtype, raw, -address % alignment)


def aligned(array: np.ndarray, alignment: int = ALIGNMENT_BYTES) -> np.ndarray:
    """Return `array` if it is aligned and C-contiguous, otherwise a copy that is."""
    if array.flags.c_contiguous and array.ctypes.data % alignment == 0:
        return array
    copy = empty(array.shape, array.dtype, alignment)
    copy[...] = array
    return copy


def addresses(arrays: Sequence[np.ndarray]) -> list[int]:
    """Return the address of the first byte of each array."""
    return [array.__array_interface__["data"][0] for array in arrays]  # faster than .ctypes
