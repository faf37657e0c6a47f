"""Regions of images and Darknet's order of points, point by point, by NumPy."""

from __future__ import annotations

from itertools import product
from math import ceil, floor
from typing import Any

import numpy as np

Array = np.ndarray


def roi_align_nchw_python(
    a_np: Array, rois_np: Array, pooled_size: Any, spatial_scale: float, sample_ratio: int,
    mode: Any = b"avg",
) -> Array:  # fmt: skip
    """Return regions of linear reads; see `topi.vision.roi_align_nchw`."""
    size = (pooled_size,) * 2 if isinstance(pooled_size, int) else tuple(pooled_size)
    found = np.zeros((len(rois_np), a_np.shape[1], *size), a_np.dtype)
    pooled = np.max if mode in (b"max", "max", 1) else np.mean
    for number, (entry, *edges) in enumerate(rois_np):
        left, top, right, bottom = (float(np.float32(e * spatial_scale)) for e in edges)
        starts, lengths = (top, left), (max(bottom - top, 1.0), max(right - left, 1.0))
        parts = [length / count for length, count in zip(lengths, size, strict=True)]
        samples = [sample_ratio if sample_ratio > 0 else ceil(part) for part in parts]
        for at in np.ndindex(*size):
            places = [
                [start + (n + (k + 0.5) / count) * part for k in range(count)]
                for start, n, count, part in zip(starts, at, samples, parts, strict=True)
            ]
            read = [_between(a_np[int(entry)], y, x) for y, x in product(*places)]
            found[(number, slice(None), *at)] = pooled(read, axis=0)
    return found


def roi_pool_nchw_python(
    a_np: Array, rois_np: Array, pooled_size: Any, spatial_scale: float
) -> Array:
    """Return the greatest points of parts of regions; see `topi.vision.rcnn.roi_pool_nchw`."""
    size = (pooled_size,) * 2 if isinstance(pooled_size, int) else tuple(pooled_size)
    found = np.zeros((len(rois_np), a_np.shape[1], *size), a_np.dtype)
    for number, (entry, *edges) in enumerate(rois_np):
        left, top, right, bottom = (round(float(edge) * spatial_scale) for edge in edges)
        image = a_np[int(entry)]
        for i, j in np.ndindex(*size):
            rows, columns = (
                [
                    point
                    for point in range(
                        first + floor(at * span / count), first + ceil((at + 1) * span / count)
                    )
                    if 0 <= point < extent
                ]
                for first, at, span, count, extent in (
                    (top, i, max(bottom - top + 1, 1), size[0], image.shape[1]),
                    (left, j, max(right - left + 1, 1), size[1], image.shape[2]),
                )
            )
            if rows and columns:
                found[number, :, i, j] = image[:, rows][:, :, columns].max(axis=(1, 2))
    return found


def reorg_python(a_np: Array, stride: int) -> Array:
    """Return Darknet's order of points; see `topi.vision.reorg`."""
    n, c, h, w = a_np.shape
    kept = c // stride**2
    wide = a_np.reshape(n, kept, h, stride, w, stride)
    found = wide.transpose(0, 3, 5, 1, 2, 4)
    return found.reshape(n, c * stride**2, h // stride, w // stride)


def _between(image: Array, row: float, column: float) -> Array:
    """Return the linear interpolation at a place, at the edge for up to a point outside."""
    height, width = image.shape[1:]
    if not (-1 <= row <= height and -1 <= column <= width):
        return np.zeros(len(image), image.dtype)
    y, x = (min(max(at, 0), n - 1) for at, n in ((row, height), (column, width)))
    total = np.zeros(len(image))
    for i, j in product((floor(y), floor(y) + 1), (floor(x), floor(x) + 1)):
        if i < height and j < width:
            total += image[:, i, j] * (1 - abs(y - i)) * (1 - abs(x - j))
    return total
