"""Images in other sizes: resizing, and reading at points of a grid."""

from __future__ import annotations

from math import floor
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Operator, Undefined, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


@operator("resize")
class Resize(Operator):
    """`x` sampled anew along `axes`, by `scales` or to `sizes`.

    `mode` is nearest, linear or cubic; `coordinates` says which place of `x` a place of the
    result stands for, `nearest` how it is rounded, `antialias` that a smaller result is an
    average of all points, `policy` what of the sizes keeps the aspect ratio. The names are
    ONNX's.
    """

    static: ClassVar = frozenset({"roi", "scales", "sizes"})
    mode: str = "nearest"
    coordinates: str = "half_pixel"
    nearest: str = "round_prefer_floor"
    axes: tuple[int, ...] | None = None
    cubic: float = -0.75
    exclude_outside: bool = False
    extrapolation: float = 0.0
    antialias: bool = False
    policy: str = "stretch"

    def infer(
        self,
        x: TensorType,
        roi: Array | None = None,
        scales: Array | None = None,
        sizes: Array | None = None,
    ) -> TensorType:
        return x.with_shape(*(axis.count for axis in self._axes(x.sizes, roi, scales, sizes)))

    def evaluate(
        self,
        x: Array,
        roi: Array | None = None,
        scales: Array | None = None,
        sizes: Array | None = None,
    ) -> Array:
        found = x if self.mode == "nearest" else x.astype(np.float64)
        outside = np.zeros((), bool)
        for place, axis in enumerate(self._axes(x.shape, roi, scales, sizes)):
            if axis.is_identity:
                continue
            weights = self._weights(axis)
            if self.mode == "nearest":
                found = np.take(found, weights.argmax(axis=1), axis=place)
            else:
                found = np.moveaxis(np.tensordot(weights, found, axes=(1, place)), 0, place)
            if self.coordinates == "tf_crop_and_resize":
                at = np.array([axis.source(i) for i in range(axis.count)])
                beyond = (at < 0) | (at > axis.extent - 1)
                outside = outside | beyond.reshape(-1, *[1] * (x.ndim - place - 1))
        found = np.where(outside, self.extrapolation, found)
        if x.dtype.kind in "iu" and self.mode != "nearest":
            limits = np.iinfo(x.dtype)
            found = np.clip(np.rint(found), limits.min, limits.max)
        return found.astype(x.dtype)

    def define(
        self,
        x: Tensor,
        roi: Array | None = None,
        scales: Array | None = None,
        sizes: Array | None = None,
    ) -> Tensor:
        if self.coordinates == "tf_crop_and_resize" or not x.dtype.is_float:
            raise Undefined("expected a resize of floats without a region to define")
        for place, axis in enumerate(self._axes(extents(x), roi, scales, sizes)):
            if not axis.is_identity:
                x = self._along(x, place, self._weights(axis))
        return x

    def _along(self, x: Tensor, place: int, weights: Array) -> Tensor:
        """One axis of `x` sampled anew, with a row of `weights` for each place of the result."""
        count, taps = len(weights), int((weights != 0).sum(axis=1).max())
        first = np.array([min(int(np.argmax(row != 0)), len(row) - taps) for row in weights])
        shape = (*x.shape[:place], count, *x.shape[place + 1 :])

        def formula(*i: Expr) -> Expr:
            start = _chosen(i[place], first, x.shape[0].dtype)
            total: Any = None
            for tap in range(taps):
                read = x(*i[:place], start + tap, *i[place + 1 :])
                if taps > 1:
                    factors = np.array(
                        [row[at + tap] for row, at in zip(weights, first, strict=True)]
                    )
                    read = read * _chosen(i[place], factors, x.dtype)
                total = read if total is None else total + read
            return total

        return te.compute(shape, formula, name=self.name)

    def _axes(
        self, shape: tuple[int, ...], roi: Array | None, scales: Array | None, sizes: Array | None
    ) -> list[_Axis]:
        rank = len(shape)
        chosen = list(range(rank) if self.axes is None else self.axes)
        chosen = [normalized(axis, rank, self.name) for axis in chosen]
        given = [None if a is None or not np.size(a) else np.ravel(a) for a in (roi, scales, sizes)]
        region, factors, wanted = given
        if (factors is None) == (wanted is None):
            raise GraphError("expected scales or sizes of a resize, one of them")
        for array in (factors, wanted):
            if array is not None and len(array) != len(chosen):
                raise GraphError(f"expected {len(chosen)} scales or sizes, got {len(array)}")
        axes = [_Axis(size, size, 1.0, self.coordinates) for size in shape]
        ratios = (
            [float(n) / shape[axis] for n, axis in zip(wanted, chosen, strict=True)]
            if wanted is not None
            else []
        )
        if wanted is not None and self.policy != "stretch":
            ratio = (min if self.policy == "not_larger" else max)(ratios)
            wanted = np.array([int(ratio * shape[axis] + 0.5) for axis in chosen])
            ratios = [ratio] * len(chosen)
        for number, axis in enumerate(chosen):
            size = shape[axis]
            if factors is not None:
                scale, count = float(factors[number]), floor(size * float(factors[number]))
                ratio = scale
            else:
                assert wanted is not None
                count, ratio = int(wanted[number]), ratios[number]
            start, end = (0.0, 1.0)
            if region is not None and self.coordinates == "tf_crop_and_resize":
                start, end = float(region[number]), float(region[number + len(chosen)])
                if factors is not None:
                    count = floor(size * (end - start) * float(factors[number]))
            axes[axis] = _Axis(size, count, ratio, self.coordinates, start, end)
        return axes

    def _weights(self, axis: _Axis) -> Array:
        """How much each place of `x` (columns) counts for each place of the result (rows)."""
        weights = np.zeros((axis.count, axis.extent))
        for row in range(axis.count):
            source = axis.source(row)
            for place, weight in self._taps(source, axis):
                if self.exclude_outside and not 0 <= place < axis.extent:
                    continue
                weights[row, min(max(place, 0), axis.extent - 1)] += weight
            total = weights[row].sum()
            if (self.exclude_outside or self.antialias) and total:
                weights[row] /= total
        return weights

    def _taps(self, source: float, axis: _Axis) -> list[tuple[int, float]]:
        if self.mode == "nearest":
            return [(_rounded(source, self.nearest), 1.0)]
        scale = min(axis.ratio, 1.0) if self.antialias else 1.0
        reach = (1 if self.mode == "linear" else 2) / scale
        low = floor(source - reach) + 1
        kernel = _linear if self.mode == "linear" else self._cubic
        places = range(low, floor(source + reach) + 1)
        return [(place, kernel((source - place) * scale)) for place in places]

    def _cubic(self, distance: float) -> float:
        """The kernel of Keys (1981)."""
        a, t = self.cubic, abs(distance)
        if t <= 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0


class _Axis:
    """An axis of `extent` points that becomes one of `count`, `ratio` times as long."""

    def __init__(
        self,
        extent: int,
        count: int,
        ratio: float,
        coordinates: str,
        start: float = 0.0,
        end: float = 1.0,
    ):
        self.extent, self.count, self.ratio = extent, count, ratio
        self._coordinates, self._start, self._end = coordinates, start, end

    @property
    def is_identity(self) -> bool:
        region = self._coordinates == "tf_crop_and_resize" and (self._start, self._end) != (
            0.0,
            1.0,
        )
        return self.extent == self.count and self.ratio == 1.0 and not region

    def source(self, place: int) -> float:
        """The place in `x`, between its points, of a place of the result."""
        kind = self._coordinates
        if kind == "asymmetric":
            return place / self.ratio
        if kind == "align_corners":
            reach = self.ratio * self.extent - 1
            return place * (self.extent - 1) / reach if self.count > 1 else 0.0
        if kind == "pytorch_half_pixel" and self.count <= 1:
            return 0.0 - 0.5 + 0.5
        if kind == "tf_crop_and_resize":
            span = self.extent - 1
            if self.count <= 1:
                return 0.5 * (self._start + self._end) * span
            step = (self._end - self._start) * span / (self.count - 1)
            return self._start * span + place * step
        if kind == "half_pixel_symmetric":
            wanted = self.ratio * self.extent
            centre = self.extent / 2
            return centre * (1 - self.count / wanted) + (place + 0.5) / self.ratio - 0.5
        return (place + 0.5) / self.ratio - 0.5


def _linear(distance: float) -> float:
    return max(0.0, 1.0 - abs(distance))


def _rounded(source: float, way: str) -> int:
    if way == "floor":
        return floor(source)
    if way == "ceil":
        return -floor(-source)
    if way == "round_prefer_ceil":
        return floor(source + 0.5)
    return -floor(-(source - 0.5))


def _chosen(index: Expr, values: Array, dtype: Any) -> Any:
    """The value of a table at an index: a formula where the table is regular, else choices."""
    if (values == values[0]).all():
        return te.const(values[0].item(), dtype)
    steps = np.diff(values)
    if values.dtype.kind == "i" and (steps == steps[0]).all():
        return index * int(steps[0]) + int(values[0])
    if values.dtype.kind == "i" and values[0] == 0 and len(values) % (values[-1] + 1) == 0:
        factor = len(values) // (int(values[-1]) + 1)
        if (values == np.arange(len(values)) // factor).all():
            return index // factor
    found: Any = te.const(values[-1].item(), dtype)
    for place in range(len(values) - 2, -1, -1):
        if values[place] != values[place + 1]:
            found = te.if_then_else(index <= place, te.const(values[place].item(), dtype), found)
    return found
