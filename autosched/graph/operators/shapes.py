"""Operators about shapes, and arrays that are made of none."""

from __future__ import annotations

from math import ceil, prod
from typing import Any, ClassVar

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, operator
from autosched.graph.types import TensorType
from autosched.ir.dtype import INT64, DType, dtype


@operator("shape")
class Shape(Operator):
    """The extents of `x`, those from `start` to before `end`."""

    start: int = 0
    end: int | None = None

    def infer(self, x: TensorType) -> TensorType:
        return TensorType(INT64, (len(x.shape[self.start : self.end]),))

    def evaluate(self, x: Array) -> Array:
        return np.array(x.shape[self.start : self.end], np.int64)

    def of(self, x: TensorType) -> Array:
        """The array, from the type alone."""
        return np.array(x.sizes[self.start : self.end], np.int64)


@operator("size")
class Size(Operator):
    """The number of elements of `x`."""

    def infer(self, x: TensorType) -> TensorType:
        return TensorType(INT64, ())

    def evaluate(self, x: Array) -> Array:
        return np.array(x.size, np.int64)

    def of(self, x: TensorType) -> Array:
        """The number, from the type alone."""
        return np.array(prod(x.sizes), np.int64)


@operator("range")
class Range(Operator):
    """`start`, `start + step`, ... to before `stop`."""

    static: ClassVar = frozenset({"start", "stop", "step"})

    def infer(self, start: Array, stop: Array, step: Array) -> TensorType:
        element = TensorType.of(start).dtype
        start, stop, step = (np.ravel(limit)[0] for limit in (start, stop, step))
        if not step:
            raise GraphError("expected a step of a range that is not 0, got 0")
        count = max(0, ceil((stop - start) / step))
        return TensorType(element, (count,))

    def evaluate(self, start: Array, stop: Array, step: Array) -> Array:
        count = self.infer(start, stop, step).sizes[0]
        return (np.ravel(start) + np.arange(count) * np.ravel(step)).astype(start.dtype)


@operator("full")
class Full(Operator):
    """An array of the shape `shape` whose elements are all `value`."""

    static: ClassVar = frozenset({"shape"})
    value: float | int | bool = 0.0
    dtype: DType = dtype("float32")

    def infer(self, shape: Array) -> TensorType:
        sizes = tuple(int(size) for size in np.ravel(shape))
        if min(sizes, default=0) < 0:
            raise GraphError(f"expected sizes of at least 0, got {list(sizes)}")
        return TensorType(self.dtype, sizes)

    def evaluate(self, shape: Array) -> Array:
        made: Any = np.float32 if self.dtype.kind == "bfloat" else self.dtype.numpy
        return np.full(self.infer(shape).sizes, self.value, made)


@operator("eye_like")
class EyeLike(Operator):
    """Ones on diagonal `diagonal` of a matrix of the shape of `x`, else zeros."""

    diagonal: int = 0
    dtype: DType | None = None

    def infer(self, x: TensorType) -> TensorType:
        return x if self.dtype is None else x.with_dtype(self.dtype)

    def evaluate(self, x: Array) -> Array:
        made = x.dtype if self.dtype is None else self.dtype.numpy
        rows, columns = x.shape
        return np.eye(rows, columns, self.diagonal, made)
