"""Reads of an image between its points, at places that data give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil
from typing import Any, Literal

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, operator
from autosched.graph.operators.windows import Windows
from autosched.graph.types import TensorType

Mode = Literal["nearest", "linear", "cubic"]
Padding = Literal["zeros", "border", "reflection"]

CUBIC = -0.75
"""The parameter of the kernel of Keys (1981) that ONNX and PyTorch have."""


def taps(
    places: Sequence[Array], shape: Sequence[int], mode: Mode, padding: Padding, corners: bool
) -> Iterator[tuple[list[Array], Array]]:
    """The points that are read around each place, as indices and the weights of the points.

    `places` has an array of coordinates for each axis of an image of `shape`. The edges of the
    image are the centres of its outer points with `corners`, else half a point beyond.
    """
    axes = []
    for place, extent in zip(places, shape, strict=True):
        edges = (0.0, extent - 1.0) if corners else (-0.5, extent - 0.5)
        place = np.rint(place) if mode == "nearest" else place
        around = _around(_reflected(place, edges) if padding == "reflection" else place, mode)
        axes.append([_inside(*tap, extent, edges, padding) for tap in around])
    for chosen in product(*axes):
        weight = chosen[0][1]
        for _, factor in chosen[1:]:
            weight = weight * factor
        yield [index for index, _ in chosen], weight


def _reflected(place: Array, edges: tuple[float, float]) -> Array:
    low, span = edges[0], edges[1] - edges[0]
    if not span:
        return np.full_like(place, low)
    beyond = np.abs(place - low) % (2 * span)
    outside = (place < low) | (place > edges[1])
    return np.where(outside, low + np.minimum(beyond, 2 * span - beyond), place)


def _around(place: Array, mode: Mode) -> list[tuple[Array, Array]]:
    """The points around a coordinate, and their weights."""
    if mode == "nearest":
        return [(place, np.ones_like(place))]
    first = np.floor(place)
    t = place - first
    if mode == "linear":
        return [(first, 1 - t), (first + 1, t)]
    a = CUBIC

    def near(d: Array) -> Array:
        return np.asarray(((a + 2) * d - (a + 3)) * d * d + 1)

    def far(d: Array) -> Array:
        return np.asarray(((a * d - 5 * a) * d + 8 * a) * d - 4 * a)

    weights = (far(t + 1), near(t), near(1 - t), far(2 - t))
    return [(first + step, weight) for step, weight in enumerate(weights, start=-1)]


def _inside(
    point: Array, weight: Array, extent: int, edges: tuple[float, float], padding: Padding
) -> tuple[Array, Array]:
    """An index in the image for a point, and its weight, 0 for the padding."""
    if padding == "zeros":
        weight = np.where((point >= 0) & (point < extent), weight, 0).astype(weight.dtype)
    elif padding == "reflection":
        point = _reflected(point, edges)
    point = np.nan_to_num(point, nan=0.0)
    return np.clip(point, 0, extent - 1).astype(np.int64), weight


def _sampled(
    x: Array, places: Sequence[Array], mode: Mode, padding: Padding, corners: bool
) -> Array:
    """`[batch, channels, *out]`: `x` `[batch, channels, *shape]` at `places` `[batch, *out]`."""
    pixels = np.moveaxis(x, 1, -1)
    entry = np.arange(len(x)).reshape(-1, *[1] * (places[0].ndim - 1))
    total = np.zeros((*places[0].shape, x.shape[1]), np.result_type(x, places[0]))
    for index, weight in taps(places, x.shape[2:], mode, padding, corners):
        total += pixels[(entry, *index)] * weight[..., np.newaxis]
    return np.moveaxis(total, -1, 1).astype(x.dtype)


@operator("grid_sample")
class GridSample(Operator):
    """`x` `[batch, channels, *shape]` at the places `grid` `[batch, *out, axes]`.

    A coordinate of -1 to 1 spans the image, from edge to edge or with `corners` between the
    centres of its outer points; the last axis of the image comes first. `padding` says what is
    read outside.
    """

    mode: str = "linear"
    padding: str = "zeros"
    corners: bool = False

    def infer(self, x: TensorType, grid: TensorType) -> TensorType:
        if x.rank < 3 or grid.rank != x.rank or grid.shape[-1] != x.rank - 2:
            raise GraphError(f"expected a grid for {x}, got {grid}")
        if grid.shape[0] != x.shape[0]:
            raise GraphError(f"expected a grid of {x.shape[0]} batch entries, got {grid}")
        return x.with_shape(*x.shape[:2], *grid.shape[1:-1])

    def evaluate(self, x: Array, grid: Array) -> Array:
        places = []
        for axis, extent in enumerate(x.shape[2:]):
            along = grid[..., x.ndim - 3 - axis]
            if self.corners:
                places.append((along + 1) / 2 * (extent - 1))
            else:
                places.append(((along + 1) * extent - 1) / 2)
        return _sampled(x, places, self.mode, self.padding, self.corners)  # type: ignore[arg-type]


@operator("deform_conv")
class DeformConv(Operator):
    """A convolution whose taps are moved: `offset` `[batch, sets * taps * axes, *out]`.

    The channels are in `sets` equal parts, each with offsets of its own, and with factors of
    its own in `mask` `[batch, sets * taps, *out]`. Reads between points are linear, 0 outside.
    """

    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()
    groups: int = 1
    sets: int = 1

    def infer(
        self,
        x: TensorType,
        weight: TensorType,
        offset: TensorType,
        bias: TensorType | None = None,
        mask: TensorType | None = None,
    ) -> TensorType:
        windows = self._windows(x.sizes, weight.sizes)
        rank, kernel, out = x.rank - 2, windows.kernel, windows.counts
        moves = self.sets * int(np.prod(kernel))
        if offset.shape != (x.shape[0], moves * rank, *out):
            raise GraphError(
                f"expected offsets {[x.shape[0], moves * rank, *out]} of {self.name}, got {offset}"
            )
        if weight.sizes[1] * self.groups != x.sizes[1]:
            raise GraphError(f"expected weights for {x.sizes[1]} channels, got {weight}")
        return x.with_shape(x.shape[0], weight.shape[0], *out)

    def evaluate(
        self,
        x: Array,
        weight: Array,
        offset: Array,
        bias: Array | None = None,
        mask: Array | None = None,
    ) -> Array:
        windows = self._windows(x.shape, weight.shape)
        batch, channels, kernel, out = len(x), x.shape[1], windows.kernel, windows.counts
        rank, each = len(kernel), channels // self.sets
        moves = offset.reshape(batch, self.sets, *kernel, rank, *out)
        base = _starts(windows)
        factors = None if mask is None else mask.reshape(batch, self.sets, 1, *kernel, *out)
        parts = []
        for number in range(self.sets):
            moved = np.moveaxis(moves[:, number], 1 + rank, 0)
            places = [start + move for start, move in zip(base, moved, strict=True)]
            part = _sampled(
                x[:, number * each : (number + 1) * each], places, "linear", "zeros", False
            )
            parts.append(part if factors is None else part * factors[:, number])
        columns = np.concatenate(parts, axis=1)
        inner = channels // self.groups
        columns = columns.reshape(batch, self.groups, inner * int(np.prod(kernel)), -1)
        matrices = weight.reshape(self.groups, len(weight) // self.groups, -1)
        found = np.matmul(matrices, columns).reshape(batch, len(weight), *out)
        if bias is not None:
            found = found + bias.reshape(-1, *[1] * rank)
        return found.astype(x.dtype)

    def _windows(self, shape: tuple[int, ...], weight: tuple[int, ...]) -> Windows:
        return Windows(shape[2:], weight[2:], self.strides, self.pads, self.dilations)


def _starts(windows: Windows) -> list[Array]:
    """The coordinates `[*kernel, *out]` of the taps along each axis, before they are moved."""
    rank, shape = len(windows.kernel), (*windows.kernel, *windows.counts)
    at = np.indices(shape, np.float32)
    return [
        at[a] * windows.dilations[a] + at[rank + a] * windows.strides[a] - windows.before[a]
        for a in range(rank)
    ]


def _points(image: Array, index: Sequence[Array]) -> Array:
    """The points of all channels of an image."""
    at: Any = (slice(None), *index)
    return np.asarray(image[at])


@operator("roi_align")
class RoiAlign(Operator):
    """Pooled regions of images: `[regions, channels, *size]` of `x` `[batch, channels, h, w]`.

    `regions` has `x1, y1, x2, y2` in units of `1 / scale` points, `entries` the image of each.
    Every element of the result is the mean, or with `largest` the largest weighted point, of
    `samples * samples` linear reads; with 0 samples of one for each point of the region.
    """

    size: tuple[int, int] = (1, 1)
    samples: int = 0
    scale: float = 1.0
    half_pixel: bool = True
    largest: bool = False

    def infer(self, x: TensorType, regions: TensorType, entries: TensorType) -> TensorType:
        if x.rank != 4 or regions.rank != 2 or regions.shape[1] != 4:
            raise GraphError(f"expected an image and regions for {self.name}, got {x}, {regions}")
        return x.with_shape(regions.shape[0], x.shape[1], *self.size)

    def evaluate(self, x: Array, regions: Array, entries: Array) -> Array:
        found = np.zeros((len(regions), x.shape[1], *self.size), x.dtype)
        for number, (region, entry) in enumerate(zip(regions, entries, strict=True)):
            found[number] = self._pooled(x[int(entry)], region)
        return found

    def _pooled(self, image: Array, region: Array) -> Array:
        corners = region.astype(np.float64) * self.scale - (0.5 if self.half_pixel else 0.0)
        places, valid = [], np.ones((), bool)
        for axis, (size, extent) in enumerate(zip(self.size, image.shape[1:], strict=True)):
            start, length = corners[1 - axis], corners[3 - axis] - corners[1 - axis]
            length = length if self.half_pixel else max(length, 1.0)
            count = self.samples or max(ceil(length / size), 0)
            steps = np.arange(size)[:, np.newaxis] + (np.arange(count) + 0.5) / max(count, 1)
            along = start + steps * length / size
            shape = (size, 1, count, 1) if axis == 0 else (1, size, 1, count)
            along = along.reshape(shape)
            valid = valid & (along >= -1) & (along <= extent)
            places.append(np.clip(along, 0, extent - 1))
        read = [
            _points(image, index) * (weight * valid)
            for index, weight in taps(places, image.shape[1:], "linear", "border", True)
        ]
        if not valid.size:
            return np.zeros((len(image), *self.size), image.dtype)
        if self.largest:
            return np.asarray(np.max(read, axis=0).max(axis=(-2, -1)))
        return np.asarray(np.sum(read, axis=0).mean(axis=(-2, -1)))
