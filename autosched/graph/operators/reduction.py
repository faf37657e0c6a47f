"""Reductions over some axes, all by default, which stay as axes of extent 1 with `keepdims`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Kind, Operator, attributes, operator, widened
from autosched.graph.types import TensorType
from autosched.ir.dtype import INT64, dtype
from autosched.ir.expr import Expr
from autosched.ops.argmax import extremum_places
from autosched.te.tensor import Tensor


def normalized(axis: int, rank: int, name: str) -> int:
    """The axis counted from the front. Raises GraphError where there is no such axis."""
    if not -rank <= axis < max(rank, 1):
        raise GraphError(f"expected an axis of {name} from {-rank} to {rank - 1}, got {axis}")
    return axis % rank if rank else 0


@attributes
class Reduction(Operator):
    """A reduction of `x` over `axes`, an array of axes; with none, over all or over nothing."""

    static: ClassVar = frozenset({"axes"})
    kind: ClassVar[Kind] = "reduction"
    keepdims: bool = True
    none_is_all: bool = True

    def infer(self, x: TensorType, axes: Array | None = None) -> TensorType:
        reduced = self._axes(x.rank, axes)
        kept = (1 if axis in reduced else size for axis, size in enumerate(x.shape))
        left = (size for axis, size in enumerate(x.shape) if axis not in reduced)
        return x.with_shape(*(kept if self.keepdims else left))

    def evaluate(self, x: Array, axes: Array | None = None) -> Array:
        reduced = tuple(self._axes(x.ndim, axes))
        with np.errstate(all="ignore"):
            return np.asarray(self.total(x, reduced)).astype(x.dtype)

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        raise NotImplementedError

    def define(self, x: Tensor, axes: Array | None = None) -> Tensor:
        reduced = self._axes(x.ndim, axes)
        shape = extents(x)
        left = tuple(
            1 if axis in reduced else size
            for axis, size in enumerate(shape)
            if self.keepdims or axis not in reduced
        )
        inner = [te.reduce_axis((0, shape[axis]), name=f"r{axis}") for axis in reduced]
        count = int(np.prod([shape[axis] for axis in reduced]))

        def read(place: tuple[Expr, ...]) -> Expr:
            outer = iter(place)
            indices: list[Any] = []
            for axis in range(x.ndim):
                if axis not in reduced or self.keepdims:
                    index: Any = next(outer)
                indices.append(inner[reduced.index(axis)] if axis in reduced else index)
            return x(*indices)

        if not inner:
            return te.compute(left, lambda *i: self.finish(self.term(read(i)), 1), name=self.name)
        total = te.compute(
            left, lambda *i: self.reducer(self.term(read(i)), axis=inner), name=self.name
        )
        if type(self).finish is Reduction.finish:
            return total
        return te.compute(left, lambda *i: self.finish(total(*i), count), name=f"{self.name}_end")

    reducer: ClassVar[Callable[..., Any]] = staticmethod(te.sum)

    def term(self, x: Expr) -> Expr:
        return x

    def finish(self, total: Expr, count: int) -> Expr:
        return total

    def _axes(self, rank: int, axes: Array | None) -> list[int]:
        if axes is None or not np.size(axes):
            return list(range(rank)) if self.none_is_all else []
        return sorted({normalized(int(axis), rank, self.name) for axis in np.ravel(axes)})


@operator("sum")
class Sum(Reduction):
    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.sum(x, axis=axes, keepdims=self.keepdims, dtype=widened(x).dtype)


@operator("mean")
class Mean(Reduction):
    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.mean(x, axis=axes, keepdims=self.keepdims, dtype=widened(x).dtype)

    def finish(self, total: Expr, count: int) -> Expr:
        if total.dtype.is_float:
            return total * (1.0 / count)
        return te.truncdiv(total, te.const(count, total.dtype))


@operator("prod")
class Prod(Reduction):
    reducer = staticmethod(te.prod)

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.prod(x, axis=axes, keepdims=self.keepdims, dtype=widened(x).dtype)


@operator("max")
class Max(Reduction):
    reducer = staticmethod(te.max)

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.max(x, axis=axes, keepdims=self.keepdims, initial=dtype(x.dtype).min_value)


@operator("min")
class Min(Reduction):
    reducer = staticmethod(te.min)

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.min(x, axis=axes, keepdims=self.keepdims, initial=dtype(x.dtype).max_value)


@operator("sum_abs")
class SumAbs(Reduction):
    """The L1 norm."""

    def term(self, x: Expr) -> Expr:
        return te.abs(x)

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.sum(np.abs(x), axis=axes, keepdims=self.keepdims, dtype=widened(x).dtype)


@operator("sum_square")
class SumSquare(Reduction):
    def term(self, x: Expr) -> Expr:
        return x * x

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        wide = x.astype(widened(x).dtype)
        return np.sum(wide * wide, axis=axes, keepdims=self.keepdims)


@operator("l2_norm")
class L2Norm(SumSquare):
    """The square root of the sum of squares."""

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.sqrt(super().total(x, axes))

    def finish(self, total: Expr, count: int) -> Expr:
        return te.sqrt(total).astype(total.dtype)


@operator("log_sum")
class LogSum(Sum):
    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        return np.log(super().total(x, axes))

    def finish(self, total: Expr, count: int) -> Expr:
        return te.log(total)


@operator("log_sum_exp")
class LogSumExp(Reduction):
    """`log(sum(exp(x)))`, which does not overflow."""

    def total(self, x: Array, axes: tuple[int, ...]) -> Array:
        wide = x.astype(widened(x).dtype)
        greatest = np.max(wide, axis=axes, keepdims=True, initial=-np.inf)
        greatest = np.where(np.isfinite(greatest), greatest, 0)
        summed = np.sum(np.exp(wide - greatest), axis=axes, keepdims=True)
        found = np.log(summed) + greatest
        return found if self.keepdims else found.reshape(self._left(found, axes))

    @staticmethod
    def _left(found: Array, axes: tuple[int, ...]) -> list[int]:
        return [size for axis, size in enumerate(found.shape) if axis not in axes]

    def define(self, x: Tensor, axes: Array | None = None) -> Tensor:
        reduced = np.array(self._axes(x.ndim, axes), dtype=np.int64)
        greatest = Max(keepdims=True, none_is_all=False).define(x, reduced)
        shape, small = extents(x), extents(greatest)

        def of_row(place: tuple[Expr, ...]) -> Expr:
            low = greatest(*(0 if n == 1 else i for i, n in zip(place, small, strict=True)))
            return te.if_then_else(te.abs(low) < te.max_value(x.dtype), low, 0.0)

        powers = te.compute(shape, lambda *i: te.exp(x(*i) - of_row(i)), name="exp")
        total = Sum(keepdims=True, none_is_all=False).define(powers, reduced)
        logs = te.compute(small, lambda *i: te.log(total(*i)) + of_row(i), name=self.name)
        if self.keepdims:
            return logs
        left = [axis for axis in range(x.ndim) if axis not in reduced]

        def dropped(*place: Expr) -> Expr:
            indices: list[Any] = [0] * x.ndim
            for axis, index in zip(left, place, strict=True):
                indices[axis] = index
            return logs(*indices)

        return te.compute(tuple(shape[axis] for axis in left), dropped, name="dropped")


@attributes
class ArgExtremum(Operator):
    """The place of the greatest or least element along `axis`, the first or the last of equals."""

    axis: int = 0
    keepdims: bool = True
    last: bool = False
    place: ClassVar[Callable[..., Any]]
    least: ClassVar[bool]

    def infer(self, x: TensorType) -> TensorType:
        axis = normalized(self.axis, x.rank, self.name)
        if x.shape[axis] == 0:
            raise GraphError(f"expected elements along axis {axis}, got {x}")
        kept = [1] * self.keepdims
        return TensorType(INT64, (*x.shape[:axis], *kept, *x.shape[axis + 1 :]))

    def evaluate(self, x: Array) -> Array:
        axis = normalized(self.axis, x.ndim, self.name)
        if self.last:
            found = x.shape[axis] - 1 - type(self).place(np.flip(x, axis), axis=axis)
        else:
            found = type(self).place(x, axis=axis)
        return (np.expand_dims(found, axis) if self.keepdims else np.asarray(found)).astype(
            np.int64
        )

    def define(self, x: Tensor) -> Tensor:
        axis, shape = normalized(self.axis, x.ndim, self.name), extents(x)
        outer = (*shape[:axis], *shape[axis + 1 :])
        found = extremum_places(
            lambda *i: x(*i[:axis], i[-1], *i[axis:-1] if outer else ()),
            outer or (1,),
            shape[axis],
            least=self.least,
            last=self.last,
            name=self.name,
        )
        kept = [1] * self.keepdims

        def place(*i: Expr) -> Expr:
            at = (*i[:axis], *i[axis + self.keepdims :]) if outer else (0,)
            return found(*at)

        return te.compute((*shape[:axis], *kept, *shape[axis + 1 :]), place, name="place")


@operator("argmax")
class ArgMax(ArgExtremum):
    place = staticmethod(np.argmax)
    least = False


@operator("argmin")
class ArgMin(ArgExtremum):
    place = staticmethod(np.argmin)
    least = True
