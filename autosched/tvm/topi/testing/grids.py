"""Images at the places of grids and boxes, point by point, by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import floor
from typing import Any

import numpy as np

Array = np.ndarray
Taps = list[tuple[int, float]]
"""Points along an axis, and their weights."""


def affine_grid_python(data: Array, target_shape: Sequence[int]) -> Array:
    """Return the places of points from -1 to 1 by matrices (n, 2, 3); the x come first."""
    rows, columns = (np.linspace(-1, 1, count) for count in target_shape)
    x, y = np.meshgrid(columns, rows)
    return np.einsum("nij,jhw->nihw", data, np.stack([x, y, np.ones_like(x)]))


def grid_sample_python(
    data: Array, grid: Array, method: str = "bilinear", layout: str = "NCHW",
    padding_mode: str = "zeros", align_corners: bool = True,
) -> Array:  # fmt: skip
    """Return the data (n, c, *space) at the places of a grid; see `topi.image.grid_sample`."""
    space = data.shape[2:]
    found = np.zeros((*data.shape[:2], *grid.shape[2:]))
    for n, *at in np.ndindex(len(data), *grid.shape[2:]):
        axes = []
        for extent, value in zip(space, grid[(n, slice(None), *at)][::-1], strict=True):
            span = extent - 1 if align_corners else extent
            place = (float(value) + 1) * span / 2 - (0 if align_corners else 0.5)
            bounds = (0.0, extent - 1.0) if align_corners else (-0.5, extent - 0.5)
            axes.append(_taps(place, extent, bounds, method, padding_mode))
        for chosen in product(*axes):
            points = [point for point, _ in chosen]
            weight = np.prod([share for _, share in chosen])
            if all(0 <= point < n for point, n in zip(points, space, strict=True)):
                found[(n, slice(None), *at)] += weight * data[(n, slice(None), *points)]
    return found


def crop_and_resize_python(
    image: Array, boxes: Array, box_indices: Array, crop_size: Sequence[int], layout: str,
    method: str = "bilinear", extrapolation_value: float = 0,
) -> Array:  # fmt: skip
    """Return the parts of images in boxes; see `topi.image.crop_and_resize`."""
    images = np.moveaxis(image, layout.index("C"), 1)
    space = images.shape[2:]
    found = np.full((len(boxes), images.shape[1], *crop_size), extrapolation_value, float)
    for n, i, j in np.ndindex(len(boxes), *crop_size):
        axes = []
        for side, (at, count, extent) in enumerate(zip((i, j), crop_size, space, strict=True)):
            low, high = boxes[n, side], boxes[n, side + 2]
            place = (low + (high - low) * at / max(count - 1, 1)) * (extent - 1)
            inside = 0 <= place <= extent - 1
            kind = "nearest" if method == "nearest_neighbor" else method
            taps = _taps(place, extent, (0.0, extent - 1.0), kind, "border")
            axes.append(taps if inside else [])
        if all(axes):
            parts = images[box_indices[n]]
            found[n, :, i, j] = sum(parts[:, y, x] * v * w for (y, v), (x, w) in product(*axes))
    return np.moveaxis(found, 1, layout.index("C"))


def _taps(
    place: float, extent: int, bounds: tuple[float, float], method: str, padding: str
) -> Taps:
    """Return the points that are read for a place; those of "zeros" may lie outside."""
    moved = _MOVED[padding](place, *bounds) if method != "bicubic" else place
    if method != "bicubic" and padding != "zeros":
        moved = min(max(moved, 0.0), extent - 1.0)
    low, t = floor(moved), moved - floor(moved)
    if method == "nearest":
        return [(round(moved), 1.0)]
    if method == "bilinear":
        return [(low, 1 - t), (low + 1, t)] if t else [(low, 1.0)]
    points = [_MOVED[padding](low + step, *bounds) for step in (-1, 0, 1, 2)]
    kept = [floor(p) if padding == "zeros" else int(min(max(p, 0), extent - 1)) for p in points]
    return list(zip(kept, (_cubic(abs(t - step)) for step in (-1, 0, 1, 2)), strict=True))


def _cubic(d: float, a: float = -0.75) -> float:
    """Return the weight of a point at a distance (Keys, 1981)."""
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a


def _reflected(place: float, low: float, high: float) -> float:
    while high > low and not low <= place <= high:
        place = 2 * (low if place < low else high) - place
    return place


_MOVED: dict[str, Callable[..., Any]] = {
    "zeros": lambda place, low, high: place,
    "border": lambda place, low, high: min(max(place, low), high),
    "reflection": _reflected,
}
