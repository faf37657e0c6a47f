"""Normalizations: softmax and its kin, and those by mean and variance."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import element, extents
from autosched.graph.operators.operator import Array, Kind, Operator, attributes, operator, widened
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


@attributes
class OverAxis(Operator):
    """An operator on the rows along `axis`, of the type of `x`."""

    kind: ClassVar[Kind] = "reduction"
    axis: int = -1

    def infer(self, x: TensorType) -> TensorType:
        normalized(self.axis, x.rank, self.name)
        return x

    def rows(self, x: Tensor) -> _Rows:
        return _Rows(x, [normalized(self.axis, x.ndim, self.name)])


class _Rows:
    """The rows of a tensor along some axes, and what is computed of each."""

    def __init__(self, x: Tensor, axes: list[int]):
        self.x, self.axes = x, axes
        self.shape = extents(x)
        self.outer = tuple(n for axis, n in enumerate(self.shape) if axis not in axes)
        self.count = prod(self.shape[axis] for axis in axes)

    def reduce(self, reducer: Any, term: Any, name: str) -> Tensor:
        """The reduction of each row; `term` makes a summand of a whole place."""
        inner = [te.reduce_axis((0, self.shape[axis]), name=f"r{axis}") for axis in self.axes]

        def formula(*outer: Expr) -> Expr:
            rest = iter(outer)
            place = [
                inner[self.axes.index(axis)] if axis in self.axes else next(rest)
                for axis in range(len(self.shape))
            ]
            return reducer(term(place), axis=inner)

        return te.compute(self.outer, formula, name=name)

    def row(self, place: Any) -> list[Any]:
        """The indices of the row that a place lies in."""
        return [index for axis, index in enumerate(place) if axis not in self.axes]

    def map(self, formula: Any, name: str) -> Tensor:
        return te.compute(self.shape, lambda *i: formula(list(i)), name=name)


@operator("softmax")
class Softmax(OverAxis):
    """`exp(x) / sum(exp(x))` along `axis`; with `blind` 0 for a row in which that is NaN."""

    blind: bool = False

    def evaluate(self, x: Array) -> Array:
        wide = widened(x)
        with np.errstate(all="ignore"):
            powers = np.exp(wide - wide.max(axis=self.axis, keepdims=True, initial=-np.inf))
            found = (powers / powers.sum(axis=self.axis, keepdims=True)).astype(x.dtype)
        return np.where(np.isnan(found), x.dtype.type(0), found) if self.blind else found

    def define(self, x: Tensor) -> Tensor:
        rows = self.rows(x)
        greatest = rows.reduce(te.max, lambda p: x(*p), "row_max")
        powers = rows.map(lambda p: te.exp(x(*p) - greatest(*rows.row(p))), "exp")
        total = rows.reduce(te.sum, lambda p: powers(*p), "row_sum")

        def formula(place: list[Any]) -> Expr:
            row_sum = total(*rows.row(place))
            found = powers(*place) * (1.0 / row_sum)
            zero = te.const(0.0, x.dtype)
            return te.if_then_else(te.isnan(row_sum), zero, found) if self.blind else found

        return rows.map(formula, self.name)


@operator("log_softmax")
class LogSoftmax(OverAxis):
    """The logarithm of the softmax along `axis`."""

    def evaluate(self, x: Array) -> Array:
        wide = widened(x)
        with np.errstate(all="ignore"):
            low = wide - wide.max(axis=self.axis, keepdims=True, initial=-np.inf)
            return (low - np.log(np.exp(low).sum(axis=self.axis, keepdims=True))).astype(x.dtype)

    def define(self, x: Tensor) -> Tensor:
        rows = self.rows(x)
        greatest = rows.reduce(te.max, lambda p: x(*p), "row_max")
        low = rows.map(lambda p: x(*p) - greatest(*rows.row(p)), "low")
        total = rows.reduce(te.sum, lambda p: te.exp(low(*p)), "row_sum")
        return rows.map(lambda p: low(*p) - te.log(total(*rows.row(p))), self.name)


@operator("hardmax")
class Hardmax(OverAxis):
    """1 at the first greatest element along `axis`, else 0."""

    def evaluate(self, x: Array) -> Array:
        if not x.size:
            return x
        best = np.expand_dims(x.argmax(axis=self.axis), self.axis)
        found = np.zeros_like(x)
        np.put_along_axis(found, best, 1, axis=self.axis)
        return found


@operator("lp_normalize")
class LpNormalize(OverAxis):
    """`x` over its p-norm along `axis`; 0 where that is 0."""

    p: int = 2

    def evaluate(self, x: Array) -> Array:
        powers = np.abs(x) if self.p == 1 else x * x
        total = powers.sum(axis=self.axis, keepdims=True)
        norm = total if self.p == 1 else np.sqrt(total)
        with np.errstate(all="ignore"):
            return np.where(norm == 0, 0, x / norm).astype(x.dtype)

    def define(self, x: Tensor) -> Tensor:
        rows = self.rows(x)

        def term(place: list[Any]) -> Expr:
            return te.abs(x(*place)) if self.p == 1 else x(*place) * x(*place)

        total = rows.reduce(te.sum, term, "row_sum")

        def formula(place: list[Any]) -> Expr:
            sum_ = total(*rows.row(place))
            norm = sum_ if self.p == 1 else te.sqrt(sum_)
            return te.if_then_else(norm > 0, x(*place) / norm, te.const(0.0, x.dtype))

        return rows.map(formula, self.name)


def _check_channels(name: str, x: TensorType, values: Sequence[TensorType]) -> None:
    """Raise GraphError unless `x` has channels (axis 1) and `values` one value for each."""
    if x.rank < 2:
        raise GraphError(f"expected an input of {name} with channels, got {x}")
    for value in values:
        if value.shape != x.shape[1:2]:
            raise GraphError(f"expected {x.shape[1]} values of {name} for {x}, got {value}")


@operator("batch_norm")
class BatchNorm(Operator):
    """`(x - mean) / sqrt(variance + epsilon) * scale + shift`, one of each a channel (axis 1)."""

    kind: ClassVar[Kind] = "elementwise"
    epsilon: float = 1e-5

    def infer(self, x: TensorType, *stats: TensorType) -> TensorType:
        _check_channels(self.name, x, stats)
        return x

    def evaluate(self, x: Array, scale: Array, shift: Array, mean: Array, variance: Array) -> Array:
        def channel(values: Array) -> Array:
            return values.reshape(-1, *[1] * (x.ndim - 2))

        factor = channel(scale) / np.sqrt(
            channel(variance) + channel(variance).dtype.type(self.epsilon)
        )
        return ((x - channel(mean)) * factor + channel(shift)).astype(x.dtype)

    def define(
        self, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor
    ) -> Tensor:
        factor = te.compute(
            scale.shape, lambda c: scale(c) * te.rsqrt(variance(c) + self.epsilon), name="factor"
        )
        return te.compute(
            x.shape,
            lambda *i: ((x(*i) - mean(i[1])) * factor(i[1]) + shift(i[1])).astype(x.dtype),
            name=self.name,
        )


@operator("layer_norm")
class LayerNorm(Operator):
    """`(x - mean) / sqrt(variance + epsilon) * scale + shift` over the axes from `axis` on.

    The second and third outputs are the mean and 1 over the standard deviation.
    """

    kind: ClassVar[Kind] = "reduction"
    axis: int = -1
    epsilon: float = 1e-5

    def infer(
        self, x: TensorType, scale: TensorType | None = None, shift: TensorType | None = None
    ) -> list[TensorType]:
        axis = normalized(self.axis, x.rank, self.name)
        stat = x.with_shape(*x.shape[:axis], *[1] * (x.rank - axis))
        return [x, stat, stat]

    def evaluate(
        self, x: Array, scale: Array | None = None, shift: Array | None = None
    ) -> list[Array]:
        axes = tuple(range(self.axis % x.ndim, x.ndim))
        wide = widened(x)
        mean = wide.mean(axis=axes, keepdims=True)
        low = wide - mean
        inverse = 1 / np.sqrt(
            (low * low).mean(axis=axes, keepdims=True) + wide.dtype.type(self.epsilon)
        )
        found = low * inverse
        found = found if scale is None else found * scale
        found = found if shift is None else found + shift
        return [found.astype(x.dtype), mean.astype(x.dtype), inverse.astype(x.dtype)]

    def define(
        self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None
    ) -> list[Tensor]:
        axes = list(range(normalized(self.axis, x.ndim, self.name), x.ndim))
        rows = _Rows(x, axes)
        scale_ = 1.0 / rows.count
        total = rows.reduce(te.sum, lambda p: x(*p), "row_sum")
        low = rows.map(lambda p: x(*p) - total(*rows.row(p)) * scale_, "deviation")
        squares = rows.reduce(te.sum, lambda p: low(*p) * low(*p), "square_sum")

        def inverse(row: list[Any]) -> Expr:
            return te.rsqrt(squares(*row) * scale_ + self.epsilon)

        def formula(place: list[Any]) -> Expr:
            found = low(*place) * inverse(rows.row(place))
            found = found if scale is None else found * element(scale, place)
            return found if shift is None else found + element(shift, place)

        return [rows.map(formula, self.name)]


@operator("rms_norm")
class RmsNorm(Operator):
    """`x / sqrt(mean(x * x) + epsilon) * scale` over the axes from `axis` on."""

    kind: ClassVar[Kind] = "reduction"
    axis: int = -1
    epsilon: float = 1e-5

    def infer(self, x: TensorType, scale: TensorType | None = None) -> TensorType:
        return x

    def evaluate(self, x: Array, scale: Array | None = None) -> Array:
        axes = tuple(range(self.axis % x.ndim, x.ndim))
        wide = widened(x)
        square = (wide * wide).mean(axis=axes, keepdims=True)
        found = (wide / np.sqrt(square + wide.dtype.type(self.epsilon))).astype(x.dtype)
        return found if scale is None else found * scale

    def define(self, x: Tensor, scale: Tensor | None = None) -> Tensor:
        rows = _Rows(x, list(range(normalized(self.axis, x.ndim, self.name), x.ndim)))
        squares = rows.reduce(te.sum, lambda p: x(*p) * x(*p), "square_sum")

        def formula(place: list[Any]) -> Expr:
            inverse = te.rsqrt(squares(*rows.row(place)) * (1.0 / rows.count) + self.epsilon)
            found = x(*place) * inverse
            return found if scale is None else found * element(scale, place)

        return rows.map(formula, self.name)


@operator("group_norm")
class GroupNorm(Operator):
    """The normalization of `groups` groups of channels (axis 1) of each image.

    `scale` and `shift` have one value a channel; as many groups as channels, by 0, are those
    of instance normalization.
    """

    kind: ClassVar[Kind] = "reduction"
    groups: int = 0
    epsilon: float = 1e-5

    def infer(self, x: TensorType, scale: TensorType, shift: TensorType) -> TensorType:
        _check_channels(self.name, x, (scale, shift))
        if x.sizes[1] % (self.groups or 1):
            raise GraphError(f"expected groups that divide the channels of {x}, got {self.groups}")
        return x

    def evaluate(self, x: Array, scale: Array, shift: Array) -> Array:
        if not x.size:
            return x
        groups = self.groups or x.shape[1]
        wide = widened(x)
        rows = wide.reshape(x.shape[0], groups, prod(x.shape[1:]) // groups)
        low = rows - rows.mean(axis=2, keepdims=True)
        variance = (low * low).mean(axis=2, keepdims=True)
        found = (low / np.sqrt(variance + wide.dtype.type(self.epsilon))).reshape(x.shape)
        rank = x.ndim - 2
        return (found * scale.reshape(-1, *[1] * rank) + shift.reshape(-1, *[1] * rank)).astype(
            x.dtype
        )

    def define(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        shape = extents(x)
        groups = self.groups or shape[1]
        per_group = shape[1] // groups
        count = per_group * prod(shape[2:])

        def reduce(term: Any, name: str) -> Tensor:
            channel = te.reduce_axis((0, per_group), name="rc")
            inner = [te.reduce_axis((0, n), name="r") for n in shape[2:]]
            return te.compute(
                (shape[0], groups),
                lambda b, g: te.sum(
                    term([b, g * per_group + channel, *inner]), axis=[channel, *inner]
                ),
                name=name,
            )

        total = reduce(lambda p: x(*p), "group_sum")
        low = te.compute(
            shape,
            lambda b, c, *s: x(b, c, *s) - total(b, c // per_group) * (1.0 / count),
            name="low",
        )
        squares = reduce(lambda p: low(*p) * low(*p), "square_sum")

        def formula(b: Expr, c: Expr, *s: Expr) -> Expr:
            inverse = te.rsqrt(squares(b, c // per_group) * (1.0 / count) + self.epsilon)
            return low(b, c, *s) * inverse * scale(c) + shift(c)

        return te.compute(shape, formula, name=self.name)


@operator("lrn")
class Lrn(Operator):
    """Local response normalization over `size` channels (Krizhevsky et al., 2012)."""

    size: int = 1
    alpha: float = 1e-4
    beta: float = 0.75
    bias: float = 1.0

    def infer(self, x: TensorType) -> TensorType:
        _check_channels(self.name, x, ())
        return x

    def evaluate(self, x: Array) -> Array:
        squares, total = x * x, np.zeros_like(x)
        channels = x.shape[1]
        for c in range(channels):
            low, high = c - (self.size - 1) // 2, c + self.size // 2
            total[:, c] = squares[:, max(0, low) : high + 1].sum(axis=1)
        return (x / (self.bias + self.alpha / self.size * total) ** self.beta).astype(x.dtype)

    def define(self, x: Tensor) -> Tensor:
        before, channels = (self.size - 1) // 2, extents(x)[1]
        k = te.reduce_axis((0, self.size), name="k")

        def term(b: Expr, c: Expr, *s: Expr) -> Expr:
            at = c + k - before
            value = te.if_then_else(
                te.all(at >= 0, at < channels), x(b, at, *s), te.const(0.0, x.dtype)
            )
            return value * value

        total = te.compute(x.shape, lambda *i: te.sum(term(*i), axis=k), name="squares")

        def formula(*i: Expr) -> Expr:
            base = total(*i) * (self.alpha / self.size) + self.bias
            return x(*i) * te.power(base, te.const(-self.beta, x.dtype))

        return te.compute(x.shape, formula, name=self.name)
