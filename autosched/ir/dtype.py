"""Element types: scalars such as `float32`, and vectors of them such as `float32x16`."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Literal

import numpy as np

from autosched.errors import ExpressionError

Kind = Literal["float", "bfloat", "int", "uint", "bool"]

_PATTERN = re.compile(r"(bfloat|float|uint|int|bool)(\d*)(?:x(\d+))?$")
_BITS: dict[str, tuple[int, ...]] = {
    "float": (16, 32, 64),
    "bfloat": (16,),
    "int": (8, 16, 32, 64),
    "uint": (8, 16, 32, 64),
    "bool": (1,),
}
_WIDTHS = {"bool": 1, "float": 32, "int": 32, "uint": 32}
"""The bits of names without a number, as in C; a string "float" is no NumPy float64 here."""


class DType(str):
    """A scalar or vector element type. Interned by `dtype()`: compare with `is` or `==`.

    It is a string, its name, so that `x.astype(A.dtype)` and `A.dtype == "float32"` work.
    """

    kind: Kind
    bits: int
    lanes: int

    def __new__(cls, kind: Kind, bits: int, lanes: int) -> DType:
        scalar = "bool" if kind == "bool" else f"{kind}{bits}"
        made = super().__new__(cls, scalar if lanes == 1 else f"{scalar}x{lanes}")
        made.kind, made.bits, made.lanes = kind, bits, lanes
        return made

    @cached_property
    def name(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"dtype({self.name!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return dtype, (self.name,)

    @cached_property
    def is_float(self) -> bool:
        return self.kind in ("float", "bfloat")

    @cached_property
    def is_integer(self) -> bool:
        return self.kind in ("int", "uint")

    @cached_property
    def is_bool(self) -> bool:
        return self.kind == "bool"

    @cached_property
    def bytes(self) -> int:
        """Bytes of one element in memory; a bool takes one."""
        return max(1, self.bits // 8)

    def with_lanes(self, lanes: int) -> DType:
        return self if lanes == self.lanes else _make(self.kind, self.bits, lanes)

    @cached_property
    def scalar(self) -> DType:
        return self.with_lanes(1)

    @cached_property
    def numpy(self) -> np.dtype:
        """The NumPy dtype of arrays of these elements; bfloat16 is stored as its bits in uint16."""
        if self.kind == "bfloat":
            return np.dtype(np.uint16)
        return np.dtype(self.scalar.name)

    @cached_property
    def min_value(self) -> int | float:
        """The least value: minus infinity for floats."""
        if self.is_float:
            return float("-inf")
        return -(1 << (self.bits - 1)) if self.kind == "int" else 0

    @cached_property
    def max_value(self) -> int | float:
        """The greatest value: infinity for floats."""
        if self.is_float:
            return float("inf")
        return (1 << (self.bits - (self.kind == "int"))) - 1

    @cached_property
    def lowest(self) -> float:
        """The lowest finite value of floats that NumPy has, which masks add in place of -inf."""
        return float(np.finfo(self.numpy).min)


@cache
def _make(kind: Kind, bits: int, lanes: int) -> DType:
    return DType(kind, bits, lanes)


@cache
def _parse(text: str) -> DType:
    match = _PATTERN.match(text)
    if match:
        kind, bits, lanes = match[1], match[2], int(match[3] or 1)
        width = int(bits) if bits else _WIDTHS.get(kind, 0)
        if width == 1 and kind in ("int", "uint"):
            kind = "bool"
        if width in _BITS[kind] and lanes >= 1:
            return _make(kind, width, lanes)
    raise ExpressionError(
        f"expected a dtype, got {text!r}",
        hint="use float16, bfloat16, float32, float64, int8 to int64, uint8 to uint64 or bool",
    )


def dtype(value: DType | str | type | np.dtype) -> DType:
    """Return the element type of `value`: a string, a NumPy dtype or scalar type, or itself."""
    if isinstance(value, DType):
        return value
    if isinstance(value, str):
        return _parse(value)
    try:
        return _parse("None" if value is None else np.dtype(value).name)  # NumPy takes float64
    except TypeError:
        return _parse(repr(value))


BOOL = dtype("bool")
INT32 = dtype("int32")
INT64 = dtype("int64")
FLOAT16 = dtype("float16")
FLOAT32 = dtype("float32")
FLOAT64 = dtype("float64")
INDEX = INT64
