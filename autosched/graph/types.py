"""The type of a value in a graph: an element type and a shape, whose sizes may be names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from autosched.ir.dtype import DType, dtype
from autosched.te.arrays import from_storage

Size = int | str
"""An extent of a dimension, or the name of one that a caller's arrays give."""

MOST_BYTES = 1 << 34
"""Of one tensor: what has more is refused before anything is allocated."""

UNKNOWN = "?"
"""The size of a dimension that only a run tells, such as the count of elements that are not 0."""


class BFloats(np.ndarray):
    """bfloat16 numbers as float32: NumPy has no dtype of them, `TensorType.of` knows them."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """`float32[n, 3, 224, 224]`: elements of `dtype` in an array of `shape`."""

    dtype: DType
    shape: tuple[Size, ...] = ()

    @staticmethod
    def of(array: np.ndarray) -> TensorType:
        """The type of an array. Raises ExpressionError for elements that are not numbers."""
        element = dtype("bfloat16" if isinstance(array, BFloats) else array.dtype)
        return TensorType(element, array.shape)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def names(self) -> list[str]:
        """The named sizes, in the order of the dimensions."""
        return [size for size in self.shape if isinstance(size, str)]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape, where every size is a number."""
        assert not self.names, f"{self} has sizes without a value"
        return self.shape  # type: ignore[return-value]

    @property
    def elements(self) -> int:
        return prod(self.sizes)

    @property
    def bytes(self) -> int:
        return self.elements * self.dtype.bytes

    def bound(self, sizes: Mapping[str, int]) -> TensorType:
        """The type with a number for each named size that `sizes` has."""
        shape = tuple(sizes.get(s, s) if isinstance(s, str) else s for s in self.shape)
        return TensorType(self.dtype, shape)

    def holds(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of `shape` may be of this type; a named size holds any extent."""
        return len(shape) == self.rank and all(
            isinstance(size, str) or size == extent
            for size, extent in zip(self.shape, shape, strict=True)
        )

    def with_shape(self, *shape: Size) -> TensorType:
        return TensorType(self.dtype, shape)

    def with_dtype(self, element: DType | str) -> TensorType:
        return TensorType(dtype(element), self.shape)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


def values_of(array: np.ndarray, element: DType) -> np.ndarray:
    """The numbers of a tensor's memory, of which a bfloat16 is two bytes."""
    values = np.asarray(from_storage(array, element))
    return values.view(BFloats) if element.kind == "bfloat" else values
