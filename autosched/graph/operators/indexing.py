"""Operators that read or write at indices given by data, or that find indices in data."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Operator, attributes, number, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import UNKNOWN, TensorType
from autosched.ir.dtype import INT64
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


def from_front(index: Expr, extent: int) -> Expr:
    """The index counted from the front; a negative `index` counts from the end."""
    if index.dtype.kind == "uint":
        return index.astype("int64")
    wide = index.astype("int64")
    return te.if_then_else(wide < 0, wide + extent, wide)


@operator("gather")
class Gather(Operator):
    """The slices of `x` along `axis` at `indices`; negative indices count from the end."""

    axis: int = 0

    def infer(self, x: TensorType, indices: TensorType) -> TensorType:
        axis = normalized(self.axis, x.rank, self.name)
        return x.with_shape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])

    def evaluate(self, x: Array, indices: Array) -> Array:
        return np.take(x, indices.astype(np.int64), axis=self.axis)

    def define(self, x: Tensor, indices: Tensor) -> Tensor:
        axis = normalized(self.axis, x.ndim, self.name)
        before, extent = x.shape[:axis], extents(x)[axis]
        middle = axis + indices.ndim

        def formula(*i: Expr) -> Expr:
            index = from_front(indices(*i[axis:middle]), extent)
            return x(*i[:axis], index, *i[middle:])

        shape = (*before, *indices.shape, *x.shape[axis + 1 :])
        return te.compute(shape, formula, name=self.name)


@operator("gather_elements")
class GatherElements(Operator):
    """Elements of `x`: `indices` has, for each element of the result, the index along `axis`."""

    axis: int = 0

    def infer(self, x: TensorType, indices: TensorType) -> TensorType:
        return x.with_shape(*indices.shape)

    def evaluate(self, x: Array, indices: Array) -> Array:
        axis = normalized(self.axis, x.ndim, self.name)
        at = np.where(indices < 0, indices + x.shape[axis], indices).astype(np.int64)
        cut = tuple(
            slice(None) if place == axis else slice(0, n) for place, n in enumerate(indices.shape)
        )
        return np.take_along_axis(x[cut], at, axis)

    def define(self, x: Tensor, indices: Tensor) -> Tensor:
        axis = normalized(self.axis, x.ndim, self.name)
        extent = extents(x)[axis]
        return te.compute(
            indices.shape,
            lambda *i: x(*i[:axis], from_front(indices(*i), extent), *i[axis + 1 :]),
            name=self.name,
        )


@operator("gather_nd")
class GatherNd(Operator):
    """The slices of `x` at index tuples: the last axis of `indices` holds one tuple.

    The first `batch` axes are common to `x` and `indices`; a tuple indexes the axes after them.
    """

    batch: int = 0

    def infer(self, x: TensorType, indices: TensorType) -> TensorType:
        count = indices.sizes[-1]
        return x.with_shape(*indices.shape[:-1], *x.shape[self.batch + count :])

    def evaluate(self, x: Array, indices: Array) -> Array:
        count = indices.shape[-1]
        shape = self.infer(TensorType.of(x), TensorType.of(indices)).sizes
        outer = indices.shape[: self.batch]
        rows = indices.reshape(int(np.prod(outer)), -1, count).astype(np.int64)
        parts = x.reshape(int(np.prod(outer)), *x.shape[self.batch :])
        found = [part[tuple(row.T)] for part, row in zip(parts, rows, strict=True)]
        return np.stack(found).reshape(shape) if found else np.zeros(shape, x.dtype)

    def define(self, x: Tensor, indices: Tensor) -> Tensor:
        shape, count = extents(x), extents(indices)[-1]
        outer = indices.ndim - 1

        def formula(*i: Expr) -> Expr:
            at = [
                from_front(indices(*i[:outer], place), shape[self.batch + place])
                for place in range(count)
            ]
            return x(*i[: self.batch], *at, *i[outer:])

        total = (*extents(indices)[:-1], *shape[self.batch + count :])
        return te.compute(total, formula, name=self.name)


@operator("one_hot")
class OneHot(Operator):
    """A new `axis` of size `depth`: `values[1]` at the index, `values[0]` elsewhere."""

    static: ClassVar = frozenset({"depth"})
    axis: int = -1

    def infer(self, indices: TensorType, depth: Array, values: TensorType) -> TensorType:
        axis = normalized(self.axis, indices.rank + 1, self.name)
        count = number(depth)
        return values.with_shape(*indices.shape[:axis], count, *indices.shape[axis:])

    def evaluate(self, indices: Array, depth: Array, values: Array) -> Array:
        count, axis = number(depth), normalized(self.axis, indices.ndim + 1, self.name)
        wanted = np.expand_dims(np.where(indices < 0, indices + count, indices), axis)
        places = np.arange(count).reshape(-1, *[1] * (indices.ndim - axis))
        return np.where(wanted == places, values[1], values[0]).astype(values.dtype)

    def define(self, indices: Tensor, depth: Array, values: Tensor) -> Tensor:
        count, axis = number(depth), normalized(self.axis, indices.ndim + 1, self.name)

        def formula(*i: Expr) -> Expr:
            index = indices(*i[:axis], *i[axis + 1 :])
            if index.dtype.is_float:
                index = index.astype("int64")
            return te.if_then_else(from_front(index, count) == i[axis], values(1), values(0))

        shape = (*indices.shape[:axis], count, *indices.shape[axis:])
        return te.compute(shape, formula, name=self.name)


@attributes
class Cumulative(Operator):
    """A scan along `axis`. `exclusive` leaves the element itself out; `reverse` scans backwards."""

    static: ClassVar = frozenset({"axis"})
    exclusive: bool = False
    reverse: bool = False
    ufunc: ClassVar[np.ufunc]
    neutral: ClassVar[int]

    def infer(self, x: TensorType, axis: Array) -> TensorType:
        normalized(number(axis), x.rank, self.name)
        return x

    def evaluate(self, x: Array, axis: Array) -> Array:
        place = number(axis)
        rows = np.moveaxis(np.flip(x, place) if self.reverse else x, place, -1)
        found = type(self).ufunc.accumulate(rows, axis=-1, dtype=x.dtype)
        if self.exclusive:
            first = np.full_like(found[..., :1], self.neutral)
            found = np.concatenate([first, found[..., :-1]], axis=-1)
        found = np.moveaxis(found, -1, place)
        return np.flip(found, place) if self.reverse else found

    def define(self, x: Tensor, axis: Array) -> Tensor:
        place, shape = normalized(number(axis), x.ndim, self.name), extents(x)
        k = te.reduce_axis((0, shape[place]), name="k")

        def formula(*i: Expr) -> Expr:
            here = i[place]
            if self.reverse:
                inside = k > here if self.exclusive else k >= here
            else:
                inside = k < here if self.exclusive else k <= here
            term = te.if_then_else(
                inside, x(*i[:place], k, *i[place + 1 :]), te.const(self.neutral, x.dtype)
            )
            return (te.sum if self.neutral == 0 else te.prod)(term, axis=k)

        return te.compute(shape, formula, name=self.name)


@operator("cumsum")
class CumSum(Cumulative):
    ufunc, neutral = np.add, 0


@operator("cumprod")
class CumProd(Cumulative):
    ufunc, neutral = np.multiply, 1


@operator("topk")
class TopK(Operator):
    """The `k` greatest (or smallest) elements along `axis`, in order, and their indices."""

    static: ClassVar = frozenset({"k"})
    axis: int = -1
    largest: bool = True
    sorted: bool = True

    def infer(self, x: TensorType, k: Array) -> list[TensorType]:
        axis, count = normalized(self.axis, x.rank, self.name), number(k)
        if not 0 <= count <= x.sizes[axis]:
            raise GraphError(f"expected at most {x.sizes[axis]} elements of topk, got {count}")
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
        return [x.with_shape(*shape), TensorType(INT64, shape)]

    def evaluate(self, x: Array, k: Array) -> list[Array]:
        count = number(k)
        keys = np.flip(x, self.axis) if self.largest else x
        order = np.argsort(keys, axis=self.axis, kind="stable")
        if self.largest:
            order = np.flip(x.shape[self.axis] - 1 - order, self.axis)
        chosen = np.take(order, np.arange(count), axis=self.axis)
        return [np.take_along_axis(x, chosen, self.axis), chosen.astype(np.int64)]


@operator("nonzero")
class NonZero(Operator):
    """The indices of the nonzero elements, one column each; only a run tells how many."""

    def infer(self, x: TensorType) -> TensorType:
        return TensorType(INT64, (x.rank, UNKNOWN))

    def evaluate(self, x: Array) -> Array:
        return np.array(np.nonzero(x), np.int64).reshape(x.ndim, -1)


@operator("compress")
class Compress(Operator):
    """The slices along `axis` where `condition` holds; without an axis, elements of flat `x`."""

    axis: int | None = None

    def infer(self, x: TensorType, condition: TensorType) -> TensorType:
        if self.axis is None:
            return x.with_shape(UNKNOWN)
        axis = normalized(self.axis, x.rank, self.name)
        return x.with_shape(*x.shape[:axis], UNKNOWN, *x.shape[axis + 1 :])

    def evaluate(self, x: Array, condition: Array) -> Array:
        return np.compress(condition, x, axis=self.axis)


@operator("unique")
class Unique(Operator):
    """The distinct elements, or slices along `axis`.

    Further outputs are the index of the first occurrence of each, for each input element the
    index of its value in the first output, and how often each occurs.
    """

    axis: int | None = None
    sorted: bool = True

    def infer(self, x: TensorType) -> list[TensorType]:
        counts = TensorType(INT64, (UNKNOWN,))
        if self.axis is None:
            return [x.with_shape(UNKNOWN), counts, counts, counts]
        axis = normalized(self.axis, x.rank, self.name)
        values = x.with_shape(*x.shape[:axis], UNKNOWN, *x.shape[axis + 1 :])
        return [values, counts, counts, counts]

    def evaluate(self, x: Array) -> list[Array]:
        values, first, inverse, counts = np.unique(
            x, return_index=True, return_inverse=True, return_counts=True, axis=self.axis
        )
        inverse = np.ravel(inverse)
        if not self.sorted:
            order = np.argsort(first)
            rank = np.argsort(order)
            values = np.take(values, order, axis=self.axis or 0)
            first, counts, inverse = first[order], counts[order], rank[inverse]
        return [values, *(array.astype(np.int64) for array in (first, inverse, counts))]


@operator("reverse_sequence")
class ReverseSequence(Operator):
    """The first `lengths[b]` elements along `time_axis` of each batch entry `b`, reversed."""

    batch_axis: int = 1
    time_axis: int = 0

    def infer(self, x: TensorType, lengths: TensorType) -> TensorType:
        return x

    def evaluate(self, x: Array, lengths: Array) -> Array:
        found = x.copy()
        for entry, length in enumerate(lengths):
            at: list[Any] = [slice(None)] * x.ndim
            at[self.batch_axis], at[self.time_axis] = entry, slice(0, int(length))
            source = x[tuple(at)]
            axis = self.time_axis - (self.time_axis > self.batch_axis)
            found[tuple(at)] = np.flip(source, axis)
        return found

    def define(self, x: Tensor, lengths: Tensor) -> Tensor:
        def formula(*i: Expr) -> Expr:
            length, time = lengths(i[self.batch_axis]).astype("int64"), i[self.time_axis]
            at = list(i)
            at[self.time_axis] = te.maximum(length - 1 - time, 0)
            return te.if_then_else(time < length, x(*at), x(*i))

        return te.compute(x.shape, formula, name=self.name)
