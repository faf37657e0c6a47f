"""Arrays as TVM's kernels take them: NumPy arrays with a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autosched.errors import ArgumentError
from autosched.ir.dtype import dtype as as_dtype
from autosched.runtime import arrays
from autosched.tvm.device import Device, cpu, device

__all__ = ["NDArray", "array", "cpu", "device", "empty", "from_dlpack"]


class NDArray:
    """An aligned, C-contiguous array that owns its memory."""

    def __init__(self, data: np.ndarray, where: Device):
        self._data = data
        self.device = where

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def dtype(self) -> str:
        return str(self._data.dtype)

    @property
    def ndim(self) -> int:
        return self._data.ndim

    def numpy(self) -> np.ndarray:
        """Return a copy as a NumPy array."""
        return self._data.copy()

    asnumpy = numpy

    def copyfrom(self, source: Any) -> NDArray:
        """Copy the values of an array of the same shape into this one. Raises ArgumentError."""
        given = _values(source)
        if given.shape != self.shape:
            raise ArgumentError(f"expected an array of shape {self.shape}, got {given.shape}")
        self._data[...] = given
        return self

    def copyto(self, target: NDArray | Device) -> NDArray:
        """Copy the values to another array, or to a new one on a device, and return it."""
        if isinstance(target, NDArray):
            return target.copyfrom(self)
        return array(self, target)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._data[index] = _values(value)

    def __getitem__(self, index: Any) -> Any:
        return self._data[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._data, dtype=dtype, copy=True if copy is None else copy)

    def __dlpack__(self, **options: Any) -> Any:
        return self._data.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._data.__dlpack_device__()

    def to_dlpack(self) -> NDArray:
        """Return the array itself, which has `__dlpack__`."""
        return self

    def same_as(self, other: object) -> bool:
        """Whether both are one array."""
        return self is other

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<NDArray {self.shape} {self.dtype} on {self.device}>\n{self._data!r}"


def array(arr: Any, device: Device | None = None, ctx: Device | None = None) -> NDArray:
    """Return a copy of an array or of nested lists on a device; `ctx` is its old name."""
    given = np.asarray(_values(arr))
    made = empty(given.shape, str(given.dtype), device or ctx)
    made[...] = given
    return made


def from_dlpack(source: Any) -> NDArray:
    """Return a copy of an array of another library, which has `__dlpack__`."""
    return array(np.from_dlpack(source))


def empty(
    shape: int | Sequence[int],
    dtype: str | np.dtype = "float32",
    device: Device | None = None,
    ctx: Device | None = None,
) -> NDArray:
    """Return an uninitialized array; one of bfloat16 holds the bits, in uint16."""
    extents = (shape,) if isinstance(shape, int) else tuple(int(extent) for extent in shape)
    where = device or ctx or cpu()
    where.check()
    return NDArray(arrays.empty(extents, as_dtype(dtype).numpy), where)


def data_of(value: Any) -> Any:
    """Return the NumPy array inside an NDArray; anything else unchanged."""
    return value._data if isinstance(value, NDArray) else value


def _values(source: Any) -> np.ndarray:
    return np.asarray(data_of(source))
