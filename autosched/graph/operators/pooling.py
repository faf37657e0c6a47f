"""Pooling over windows, and over the whole image, in layout NC and spatial axes."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, prod
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Operator, attributes, operator, widened
from autosched.graph.operators.windows import Windows
from autosched.graph.types import TensorType
from autosched.ir.dtype import INT64, dtype
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


@attributes
class Pooling(Operator):
    """An operator on windows of `kernel` points; its attributes are those of `Windows`."""

    kernel: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()
    auto_pad: str = ""
    ceil: bool = False

    def infer(self, x: TensorType) -> Any:
        if x.rank < 3:
            raise GraphError(f"expected images of channels and at least one axis, got {x}")
        return x.with_shape(*x.sizes[:2], *self.windows(x.sizes).counts)

    def windows(self, shape: tuple[int, ...]) -> Windows:
        return Windows(
            shape[2:],
            self.kernel,
            self.strides,
            self.pads,
            self.dilations,
            self.auto_pad,
            self.ceil,
        )

    def reduced(
        self, x: Tensor, filler: Expr, reducer: Callable[..., Any], term: Callable[[Expr], Expr]
    ) -> Tensor:
        """The reduction of each window, its padding filled with `filler`."""
        windows = self.windows(extents(x))
        image, inner = windows.padded(x, filler), windows.axes()
        return te.compute(
            (*extents(x)[:2], *windows.counts),
            lambda b, c, *outer: reducer(
                term(image(b, c, *windows.places(outer, inner))), axis=inner
            ),
            name=self.name,
        )


@operator("max_pool")
class MaxPool(Pooling):
    """The greatest element of each window, and its place in the whole of `x`, flat.

    With `by_column` the places count down columns first.
    """

    by_column: bool = False

    def infer(self, x: TensorType) -> list[TensorType]:
        found = super().infer(x)
        return [found, found.with_dtype(INT64)]

    def evaluate(self, x: Array) -> list[Array]:
        windows = self.windows(x.shape)
        rank = len(windows.counts)
        lowest = dtype(x.dtype).min_value
        view = windows.view(x, lowest)
        points = view.reshape(*view.shape[: 2 + rank], prod(view.shape[2 + rank :]))
        places = np.arange(x.size).reshape(x.shape)
        if self.by_column:
            flat = np.arange(prod(x.shape[2:])).reshape(x.shape[:1:-1]).T
            outer = np.arange(prod(x.shape[:2])).reshape(*x.shape[:2], *[1] * rank)
            places = outer * prod(x.shape[2:]) + flat
        numbered = windows.view(places, -1).reshape(points.shape)
        best = np.where(numbered < 0, lowest, points).argmax(axis=-1)
        at = best[..., None]
        greatest = np.take_along_axis(points, at, axis=-1)[..., 0]
        return [greatest, np.take_along_axis(numbered, at, axis=-1)[..., 0]]

    def define(self, x: Tensor) -> list[Tensor]:
        return [self.reduced(x, te.min_value(x.dtype), te.max, lambda value: value)]


@operator("average_pool")
class AveragePool(Pooling):
    """The mean of each window; padding counts as zeros with `count_pad`, else not at all."""

    count_pad: bool = False

    def evaluate(self, x: Array) -> Array:
        windows = self.windows(x.shape)
        axes = tuple(range(x.ndim, 2 * x.ndim - 2))
        total = windows.view(x, 0).sum(axis=axes, dtype=widened(x).dtype)
        with np.errstate(invalid="ignore"):  # a window of padding alone has no mean
            return (total / self._counts(windows)).astype(x.dtype)

    def define(self, x: Tensor) -> Tensor:
        windows = self.windows(extents(x))
        total = self.reduced(x, te.const(0, x.dtype), te.sum, lambda value: value)
        counts = [self._along(windows, axis) for axis in range(len(windows.counts))]

        def formula(b: Expr, c: Expr, *outer: Expr) -> Expr:
            scale: Any = 1.0
            for axis, index in enumerate(outer):
                scale = scale * _inverse(index, windows, axis, counts[axis], x)
            return total(b, c, *outer) * scale

        return te.compute(extents(total), formula, name="mean")

    def _counts(self, windows: Windows) -> Array:
        """How many points of each window count."""
        found: Array = np.ones(())
        for axis in range(len(windows.counts)):
            found = np.multiply.outer(found, self._along(windows, axis))
        return found

    def _along(self, windows: Windows, axis: int) -> Array:
        """How many points of each window count along one axis."""
        n, before, after = windows.spatial[axis], windows.before[axis], windows.after[axis]
        low, high = (0, n) if not self.count_pad else (-before, n + after)
        starts = np.arange(windows.counts[axis]) * windows.strides[axis] - before
        points = starts[:, None] + np.arange(windows.kernel[axis]) * windows.dilations[axis]
        return ((points >= low) & (points < high)).sum(axis=1)


def _inverse(index: Expr, windows: Windows, axis: int, counts: Array, x: Tensor) -> Any:
    """One over the number of points that count, as a number where all windows are alike."""
    inverses = [1.0 / int(count) if count else inf for count in counts]
    if (counts == counts[0]).all():
        return inverses[0]
    found: Any = te.const(inverses[-1], x.dtype)
    for place in range(len(counts) - 2, -1, -1):
        if counts[place] != counts[place + 1]:
            value = te.const(inverses[place], x.dtype)
            found = te.if_then_else(index <= place, value, found)
    return found


@operator("lp_pool")
class LpPool(Pooling):
    """The p-norm of each window."""

    p: int = 2

    def evaluate(self, x: Array) -> Array:
        axes = tuple(range(x.ndim, 2 * x.ndim - 2))
        powers = np.abs(self.windows(x.shape).view(x, 0)) ** self.p
        return (powers.sum(axis=axes) ** (1.0 / self.p)).astype(x.dtype)

    def define(self, x: Tensor) -> Tensor:
        def power(value: Expr) -> Expr:
            size = te.abs(value)
            return size * size if self.p == 2 else te.power(size, te.const(float(self.p), x.dtype))

        total = self.reduced(x, te.const(0, x.dtype), te.sum, power)

        def root(*i: Expr) -> Expr:
            if self.p == 2:
                return te.sqrt(total(*i))
            return te.power(total(*i), te.const(1.0 / self.p, x.dtype))

        return te.compute(extents(total), root, name="root")


@attributes
class GlobalPooling(Operator):
    """A reduction of all spatial axes, which stay with extent 1."""

    reducer: ClassVar[Callable[..., Any]]

    def infer(self, x: TensorType) -> TensorType:
        return x.with_shape(*x.shape[:2], *[1] * (x.rank - 2))

    def reduce(self, x: Tensor) -> Tensor:
        inner = [te.reduce_axis((0, n), name="r") for n in extents(x)[2:]]
        return te.compute(
            (*x.shape[:2], *[1] * len(inner)),
            lambda b, c, *_: type(self).reducer(x(b, c, *inner), axis=inner),
            name=self.name,
        )


@operator("global_average_pool")
class GlobalAveragePool(GlobalPooling):
    reducer = staticmethod(te.sum)

    def evaluate(self, x: Array) -> Array:
        axes = tuple(range(2, x.ndim))
        return x.mean(axis=axes, keepdims=True, dtype=widened(x).dtype).astype(x.dtype)

    def define(self, x: Tensor) -> Tensor:
        total, scale = self.reduce(x), 1.0 / prod(extents(x)[2:])
        return te.compute(total.shape, lambda *i: total(*i) * scale, name="mean")


@operator("global_max_pool")
class GlobalMaxPool(GlobalPooling):
    reducer = staticmethod(te.max)

    def evaluate(self, x: Array) -> Array:
        return x.max(axis=tuple(range(2, x.ndim)), keepdims=True)

    def define(self, x: Tensor) -> Tensor:
        return self.reduce(x)
