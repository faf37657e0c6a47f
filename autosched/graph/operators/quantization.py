"""Numbers as small integers: `real = (integer - zero_point) * scale`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.graph.operators.elementwise import Elementwise, extents
from autosched.graph.operators.operator import Array, Kind, Operator, attributes, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.dtype import INT32, DType, dtype
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


@attributes
class Scaled(Operator):
    """An operator with a scale and a zero point: one of each, one along `axis`, or a block each."""

    kind: ClassVar[Kind] = "elementwise"
    axis: int = 1
    block: int = 0

    def spread(self, values: Array, shape: tuple[int, ...]) -> Array:
        """The values, one for each element of `shape`, by broadcasting."""
        if self.block:
            axis = normalized(self.axis, len(shape), self.name)
            return np.repeat(values, self.block, axis=axis).take(np.arange(shape[axis]), axis=axis)
        if values.size == 1:
            return values.reshape(())
        axis = normalized(self.axis, len(shape), self.name)
        return values.reshape(-1, *[1] * (len(shape) - axis - 1))

    def read(self, values: Tensor, place: tuple[Expr, ...]) -> Expr:
        """The value for the element at `place`."""
        if not self.block and all(n == 1 for n in extents(values)):
            return values(*[0] * values.ndim)
        axis = normalized(self.axis, len(place), self.name)
        if not self.block:
            return values(place[axis])
        at: list[Any] = list(place)
        at[axis] = place[axis] // self.block
        return values(*at)


@operator("quantize")
class Quantize(Scaled):
    """`x / scale + zero_point`, rounded to even and kept within the dtype `to`.

    By default that is the zero point's, or uint8 where there is none.
    """

    to: DType | None = None

    def infer(
        self, x: TensorType, scale: TensorType, zero_point: TensorType | None = None
    ) -> TensorType:
        if zero_point is None:
            return x.with_dtype(self.to or dtype("uint8"))
        return x.with_dtype(self.to or zero_point.dtype)

    def evaluate(self, x: Array, scale: Array, zero_point: Array | None = None) -> Array:
        to = self.to or dtype("uint8" if zero_point is None else zero_point.dtype)
        wide = np.rint((x / self.spread(scale, x.shape)).astype(np.float32))
        if zero_point is not None:
            wide = wide + self.spread(zero_point, x.shape).astype(np.float64)
        return np.clip(wide, to.min_value, to.max_value).astype(to.numpy)

    def define(self, x: Tensor, scale: Tensor, zero_point: Tensor | None = None) -> Tensor:
        to = self.to or (dtype("uint8") if zero_point is None else zero_point.dtype)

        def formula(*i: Expr) -> Expr:
            wide = te.round((x(*i) / self.read(scale, i)).astype("float32"))
            if zero_point is not None:
                wide = wide + self.read(zero_point, i).astype("float32")
            return wide.astype(to)

        return te.compute(x.shape, formula, name=self.name)


@operator("dequantize")
class Dequantize(Scaled):
    """`(x - zero_point) * scale`, in the dtype of `scale`."""

    def infer(
        self, x: TensorType, scale: TensorType, zero_point: TensorType | None = None
    ) -> TensorType:
        return x.with_dtype(scale.dtype)

    def evaluate(self, x: Array, scale: Array, zero_point: Array | None = None) -> Array:
        wide = x.astype(np.int64)
        if zero_point is not None:
            wide = wide - self.spread(zero_point, x.shape).astype(np.int64)
        return (wide.astype(np.float32) * self.spread(scale, x.shape)).astype(scale.dtype)

    def define(self, x: Tensor, scale: Tensor, zero_point: Tensor | None = None) -> Tensor:
        def formula(*i: Expr) -> Expr:
            wide = x(*i).astype("int32")
            if zero_point is not None:
                wide = wide - self.read(zero_point, i).astype("int32")
            return wide.astype(scale.dtype) * self.read(scale, i)

        return te.compute(x.shape, formula, name=self.name)


@operator("center")
class Center(Scaled):
    """`x - zero_point` as int32."""

    def infer(self, x: TensorType, zero_point: TensorType | None = None) -> TensorType:
        return x.with_dtype(INT32)

    def evaluate(self, x: Array, zero_point: Array | None = None) -> Array:
        wide = x.astype(np.int32)
        if zero_point is None:
            return wide
        return wide - self.spread(zero_point, x.shape).astype(np.int32)

    def define(self, x: Tensor, zero_point: Tensor | None = None) -> Tensor:
        def formula(*i: Expr) -> Expr:
            wide = x(*i).astype("int32")
            return wide if zero_point is None else wide - self.read(zero_point, i).astype("int32")

        return te.compute(x.shape, formula, name=self.name)


@operator("requantize")
class Requantize(Scaled):
    """int32 sums as integers of `to`: `x * scale`, rounded to even, plus `zero_point`."""

    to: DType = dtype("uint8")

    def infer(self, x: TensorType, scale: TensorType, zero_point: TensorType) -> TensorType:
        return x.with_dtype(self.to)

    def evaluate(self, x: Array, scale: Array, zero_point: Array) -> Array:
        wide = np.rint(x.astype(np.float32) * self.spread(scale, x.shape))
        wide = wide + zero_point.reshape(()).astype(np.float32)
        return np.clip(wide, self.to.min_value, self.to.max_value).astype(self.to.numpy)

    def define(self, x: Tensor, scale: Tensor, zero_point: Tensor) -> Tensor:
        def formula(*i: Expr) -> Expr:
            wide = te.round(x(*i).astype("float32") * self.read(scale, i))
            zero = zero_point(*[0] * zero_point.ndim)
            return (wide + zero.astype("float32")).astype(self.to)

        return te.compute(x.shape, formula, name=self.name)


@operator("add_quantized")
class AddQuantized(Elementwise):
    """`(a - a_zero) * a_scale + (b - b_zero) * b_scale + zero`, rounded to even.

    The result has the dtype of `zero`, and is kept within it. The scales are those of the
    operands over that of the result.
    """

    def result(self, *dtypes: DType) -> DType:
        return dtypes[-1]

    def scalar(self, *elements: Expr) -> Expr:
        a, a_scale, a_zero, b, b_scale, b_zero, zero = elements
        left = (a.astype("int32") - a_zero.astype("int32")).astype("float32") * a_scale
        right = (b.astype("int32") - b_zero.astype("int32")).astype("float32") * b_scale
        return (te.round(left + right) + zero.astype("float32")).astype(zero.dtype)

    def evaluate(
        self,
        a: Array,
        a_scale: Array,
        a_zero: Array,
        b: Array,
        b_scale: Array,
        b_zero: Array,
        zero: Array,
    ) -> Array:
        left = (a.astype(np.int32) - a_zero.astype(np.int32)).astype(np.float32) * a_scale
        right = (b.astype(np.int32) - b_zero.astype(np.int32)).astype(np.float32) * b_scale
        wide = np.rint(left + right) + zero.astype(np.float32)
        limits = np.iinfo(zero.dtype)
        return np.clip(wide, limits.min, limits.max).astype(zero.dtype)
