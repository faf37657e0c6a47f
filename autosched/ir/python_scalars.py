"""The scalar operations that the interpreter's Python source calls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autosched.ir.dtype import DType
from autosched.ir.rounding import to_bfloat


def float_type(dtype: DType) -> Any:
    """Return the NumPy scalar type in which values of a float dtype are computed."""
    return np.float32 if dtype.kind == "bfloat" else dtype.numpy.type


def zero(dtype: DType) -> object:
    if dtype.is_bool:
        return False
    return float_type(dtype)(0) if dtype.is_float else 0


def to_list(array: np.ndarray, dtype: DType) -> list[Any]:
    """Return the elements in row-major order, in the types the interpreter computes with."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if dtype.kind == "bfloat":
        return list((flat.astype(np.uint32) << 16).view(np.float32))
    return list(flat) if dtype.is_float else flat.tolist()


def from_list(values: list[Any], dtype: DType) -> np.ndarray:
    """Return the array of `values`; the inverse of `to_list`."""
    if dtype.kind == "bfloat":
        return (np.array(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return np.array(values, dtype.numpy)


def wrap(value: int, low: int, high: int) -> int:
    """Wrap `value` into the range from `low` to `high`, both included."""
    return (value - low) % (high - low + 1) + low


def truncate(value: Any, low: int, high: int) -> int:
    """Round a float towards zero into the range; NaN becomes 0."""
    number = float(value)
    if math.isnan(number):
        return 0
    if math.isinf(number):
        return high if number > 0 else low
    return min(max(int(number), low), high)


def from_int(value: int, kind: Any) -> Any:
    """Convert an integer to a float, rounded once."""
    if kind is np.float32 and abs(value) > 1 << 53:
        return (np.int64(value) if value < 1 << 63 else np.uint64(value)).astype(kind)
    return kind(value)


def bfloat(value: Any) -> Any:
    """Round a number to bfloat16; the result is a float32."""
    return np.float32(to_bfloat(np.asarray(value)))


def shift_left(value: int, amount: int, bits: int) -> int:
    """Shift left; 0 where the amount is not from 0 to the width less one."""
    return value << amount if 0 <= amount < bits else 0


def shift_right(value: int, amount: int, bits: int) -> int:
    """Shift right; all bits become the sign where the amount is outside the width."""
    return value >> (amount if 0 <= amount < bits else bits)


NAMESPACE: dict[str, Any] = {
    "bfloat": bfloat,
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "from_int": from_int,
    "shift_left": shift_left,
    "shift_right": shift_right,
    "truncate": truncate,
    "wrap": wrap,
}
