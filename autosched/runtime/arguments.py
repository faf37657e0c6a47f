"""Checks the arguments of a kernel against its signature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.dlpack import from_dlpack
from autosched.runtime.signature import Param, Signature


def as_array(value: object, param: Param, kernel: str) -> np.ndarray:
    """Return the memory of `value` as an array for `param`, without a copy.

    Accepts NumPy arrays and objects with `__dlpack__`. Raises ArgumentError for a wrong type,
    dtype, byte order, rank or layout, and for an output that cannot be written. The extents
    are not checked.
    """
    what = f"{param.name} of {kernel}"
    if isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray):
        array, dtype = value, value.dtype.name
    elif not isinstance(value, np.ndarray | np.generic) and hasattr(value, "__dlpack__"):
        array, is_bfloat = from_dlpack(value, what)
        dtype = "bfloat16" if is_bfloat else array.dtype.name
    else:
        raise ArgumentError(
            f"expected an array for {what}, got {type(value).__name__}",
            hint="pass a NumPy array or an object with __dlpack__",
        )
    array = _with_dtype(array, dtype, param, what)
    _check_layout(array, param, what)
    return array


def _with_dtype(array: np.ndarray, dtype: str, param: Param, what: str) -> np.ndarray:
    if not array.dtype.isnative:
        raise ArgumentError(
            f"expected native byte order for {what}, got {array.dtype.str!r}",
            hint="convert it with a.astype(a.dtype.newbyteorder('='))",
        )
    if dtype == param.dtype == "bfloat16":
        return array.view(np.uint16)
    if array.dtype != param.storage or dtype == "bfloat16":
        hint = "pass bfloat16 as its bits in uint16" if param.dtype == "bfloat16" else None
        raise ArgumentError(f"expected dtype {param.dtype} for {what}, got {dtype}", hint=hint)
    return array


def _check_layout(array: np.ndarray, param: Param, what: str) -> None:
    if array.ndim != len(param.shape):
        raise ArgumentError(
            f"expected {len(param.shape)} dimensions for {what}, got {array.ndim}: "
            f"shape {shape_text(array.shape)}",
            hint=f"its shape is {shape_text(param.shape)}",
        )
    if not array.flags.c_contiguous:
        raise ArgumentError(
            f"expected a C-contiguous array for {what}, got strides {array.strides} bytes "
            f"for shape {shape_text(array.shape)}",
            hint="pass numpy.ascontiguousarray(a)",
        )
    if not array.flags.aligned:
        raise ArgumentError(
            f"expected {what} at a multiple of {array.itemsize} bytes, "
            f"got address {array.ctypes.data:#x}",
            hint="pass a copy of the array",
        )
    if param.is_output and not array.flags.writeable:
        raise ArgumentError(
            f"expected an array that can be written for output {what}, got a read-only one"
        )


def check_shape(array: np.ndarray, param: Param, shape: tuple[int, ...], kernel: str) -> None:
    """Raise ArgumentError unless `array` has the shape `shape` of `param`."""
    if array.shape == shape:
        return
    expected = shape_text(shape)
    if not param.is_static:
        expected += f" = {shape_text(param.shape)}"
    raise ArgumentError(
        f"expected shape {expected} for {param.name} of {kernel}, got {shape_text(array.shape)}"
    )


def check_overlap(signature: Signature, arrays: Sequence[np.ndarray]) -> None:
    """Raise ArgumentError if an output shares memory with another argument."""
    spans = [(array.ctypes.data, array.ctypes.data + array.nbytes) for array in arrays]
    for i, param in enumerate(signature.params):
        if not param.is_output:
            continue
        for j, other in enumerate(signature.params):
            if i == j or not arrays[i].nbytes or not arrays[j].nbytes:
                continue
            if spans[i][0] < spans[j][1] and spans[j][0] < spans[i][1]:
                raise ArgumentError(
                    f"expected output {param.name} of {signature.name} in separate memory, "
                    f"got one that overlaps {other.name}",
                    hint="a kernel does not work in place; pass another array",
                )


def shape_text(shape: Sequence[int | str]) -> str:
    """Return a shape as text in Python's notation, with sizes by name."""
    if len(shape) == 1:
        return f"({shape[0]},)"
    return f"({', '.join(str(extent) for extent in shape)})"
