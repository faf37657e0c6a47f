"""Pooled regions of images, such as those of region-based detectors."""

from __future__ import annotations

from itertools import product
from math import ceil
from typing import Any

import numpy as np

from autosched import te
from autosched.graph.operators.sampling import taps
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.windows import each
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.transform.shape import transpose

Array = np.ndarray


def roi_align_nchw(
    data: Tensor, rois: Tensor, pooled_size: Any, spatial_scale: float, mode: Any = "avg",
    sample_ratio: int = -1,
) -> Tensor:  # fmt: skip
    """Regions of (n, c, h, w), a row of `rois` each: its image, left, top, right and bottom.

    An element of the result (regions, c, *pooled_size) is the mean ("avg" or 0) or the greatest
    ("max" or 1) of `sample_ratio` squared linear reads, by default of one for each point.
    """
    size = each(pooled_size, 2, "pooled_size")
    shape = (rois.shape[0], data.shape[1], *(te.const(n, "int64") for n in size))
    largest = mode in (b"max", "max", 1)
    numbers = (*size, spatial_scale, sample_ratio, largest)
    return _aligned([data, rois], [(shape, data.dtype)], *numbers)[0]


def roi_align_nhwc(
    data: Tensor, rois: Tensor, pooled_size: Any, spatial_scale: float, mode: Any = "avg",
    sample_ratio: int = -1,
) -> Tensor:  # fmt: skip
    """The same of (n, h, w, c)."""
    image = transpose(data, (0, 3, 1, 2))
    found = roi_align_nchw(image, rois, pooled_size, spatial_scale, mode, sample_ratio)
    return transpose(found, (0, 2, 3, 1))


def roi_pool_nchw(data: Tensor, rois: Tensor, pooled_size: Any, spatial_scale: float) -> Tensor:
    """The greatest points of the parts of regions of (n, c, h, w); see `roi_align_nchw`.

    The edges of regions are rounded to points; parts outside of the image are 0.
    """
    size = each(pooled_size, 2, "pooled_size")
    shape = (rois.shape[0], data.shape[1], *(te.const(n, "int64") for n in size))
    return _pooled([data, rois], [(shape, data.dtype)], *size, spatial_scale)[0]


@outside
def _aligned(
    data: Array, rois: Array, rows: int, columns: int, scale: float, samples: int, largest: int
) -> Array:
    found = np.zeros((len(rois), data.shape[1], rows, columns), data.dtype)
    for number, (entry, *edges) in enumerate(rois):
        image = data[int(entry)]
        left, top, right, bottom = (np.float32(edge * scale) for edge in edges)
        sides = ((top, bottom, rows), (left, right, columns))
        places, inside = [], np.ones((), bool)
        for axis, (start, end, size) in enumerate(sides):
            length = max(end - start, np.float32(1))
            count = samples if samples > 0 else ceil(length / size)
            at = np.arange(size)[:, np.newaxis] + (np.arange(count) + 0.5) / count
            place = (start + at * length / size).astype("float32")
            place = place.reshape((size, 1, count, 1) if axis == 0 else (1, size, 1, count))
            extent = image.shape[1 + axis]
            inside = inside & (place >= -1) & (place <= extent)
            places.append(np.clip(place, 0, extent - 1))
        read = sum(
            image[:, *index] * (weight * inside)
            for index, weight in taps(places, image.shape[1:], "linear", "border", True)
        )
        found[number] = read.max(axis=(-2, -1)) if largest else read.mean(axis=(-2, -1))
    return found


@outside
def _pooled(data: Array, rois: Array, rows: int, columns: int, scale: float) -> Array:
    found = np.zeros((len(rois), data.shape[1], rows, columns), data.dtype)
    for number, (entry, *edges) in enumerate(rois):
        image = data[int(entry)]
        left, top, right, bottom = (int(np.floor(edge * scale + 0.5)) for edge in edges)
        down = _parts(top, bottom, rows, image.shape[1])
        along = _parts(left, right, columns, image.shape[2])
        for (i, part), (j, other) in product(enumerate(down), enumerate(along)):
            points = image[:, part, other]
            found[number, :, i, j] = points.max(axis=(1, 2)) if points.size else 0
    return found


def _parts(first: int, last: int, count: int, extent: int) -> list[slice]:
    """Return the parts of the points from `first` to `last`, which may have points in common."""
    size = max(last - first + 1, 1) / count
    edges = [(int(np.floor(n * size)), ceil((n + 1) * size)) for n in range(count)]
    return [slice(*np.clip((low + first, high + first), 0, extent)) for low, high in edges]
