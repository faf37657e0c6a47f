"""Rounds numbers to a float dtype, once, to nearest with ties to even.

NumPy has no bfloat16: its values are float32 here. On the way there a number is rounded to
an odd float32, whose last bit tells whether it is exact, so that the second rounding is right.
"""

from __future__ import annotations

import numpy as np

from autosched.ir.dtype import DType

Array = np.ndarray


def rounded(value: int | float, dtype: DType) -> float:
    """Return the nearest value of a scalar float dtype."""
    is_wide = isinstance(value, int) and not -(1 << 63) <= value < 1 << 64
    return float(round_to(np.asarray(float(value) if is_wide else value), dtype))


def round_to(array: Array, dtype: DType) -> Array:
    """Round the array to the precision of `dtype`; bfloat16 comes as float32."""
    array = np.asarray(array)
    if dtype.kind == "bfloat":
        return to_bfloat(array)
    with np.errstate(over="ignore"):
        return array.astype(dtype.numpy, copy=False)


def to_bfloat(array: Array) -> Array:
    """Round numbers of any dtype to bfloat16; the result is float32."""
    single = _odd_float32(array)
    bits = single.view(np.uint32)
    nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(single), single, nearest.astype(np.uint32).view(np.float32))


def truncated(array: Array, dtype: DType) -> Array:
    """Round floats towards zero into the range of an integer dtype; NaN becomes 0."""
    low, high = int(dtype.min_value), int(dtype.max_value)
    whole = np.trunc(np.asarray(array).astype(np.float64))
    above, below = whole >= float(high), whole < float(low)
    inside = np.where(np.isnan(whole) | above | below, 0.0, whole).astype(dtype.numpy)
    ends = np.asarray([low, high], dtype.numpy)
    return np.where(above, ends[1], np.where(below, ends[0], inside))


def _odd_float32(array: Array) -> Array:
    """Return the next float32 towards zero, its last bit set where that is not exact."""
    with np.errstate(over="ignore"):
        single = array.astype(np.float32)
    if array.dtype == np.float32 or array.dtype.itemsize <= 2:
        return single
    exact, back = array.astype(np.longdouble), single.astype(np.longdouble)
    bits = single.view(np.uint32) - (np.abs(back) > np.abs(exact)).astype(np.uint32)
    is_inexact = (back != exact) & ~np.isnan(single)
    return (bits | is_inexact.astype(np.uint32)).view(np.float32)
