"""Images resized by NumPy, one axis after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Array = np.ndarray


def resize1d_python(
    data: Array, scale: Sequence[float], layout: str = "NCW", method: str = "linear",
    coordinate_transformation_mode: str = "align_corners",
) -> Array:  # fmt: skip
    """Return signals resized by `scale`."""
    return _resized(data, scale, layout, method, coordinate_transformation_mode)


def resize2d_python(
    data: Array, scale: Sequence[float], layout: str = "NCHW", method: str = "linear",
    coordinate_transformation_mode: str = "align_corners",
) -> Array:  # fmt: skip
    """Return images resized by the scales of H and W."""
    return _resized(data, scale, layout, method, coordinate_transformation_mode)


def resize3d_python(
    data: Array, scale: Sequence[float], layout: str = "NCDHW", method: str = "linear",
    coordinate_transformation_mode: str = "align_corners",
) -> Array:  # fmt: skip
    """Return volumes resized by the scales of D, H and W."""
    return _resized(data, scale, layout, method, coordinate_transformation_mode)


def _resized(data: Array, scale: Sequence[float], layout: str, method: str, mode: str) -> Array:
    letters = [letter for letter in "DHW" if letter in layout]
    found = data.astype("float64")
    for letter, factor in zip(letters, scale, strict=True):
        axis = layout.index(letter)
        weights = _weights(data.shape[axis], round(data.shape[axis] * factor), method, mode)
        found = np.moveaxis(np.tensordot(weights, found, ([1], [axis])), 0, axis)
    return found.astype(data.dtype)


def _weights(source: int, target: int, method: str, mode: str) -> Array:
    """Return the share of each source element, a column, in each result, a row."""
    weights = np.zeros((target, source))
    for row in range(target):
        place = _place(row, source, target, mode)
        if method == "nearest_neighbor":
            near = math.floor(place + 0.5 if mode == "align_corners" else place)
            shares = {near: 1.0}
        elif method in ("linear", "bilinear", "trilinear"):
            low = math.floor(place)
            shares = {low: 1 - (place - low), low + 1: place - low}
        else:
            low = math.floor(place)
            shares = {low + step: _cubic(place - low - step) for step in (-1, 0, 1, 2)}
        for column, share in shares.items():
            weights[row, min(max(column, 0), source - 1)] += share
    return weights


def _place(at: int, source: int, target: int, mode: str) -> float:
    if mode == "align_corners":
        return at * (source - 1) / (target - 1) if target > 1 else 0.0
    return (at + 0.5) * source / target - 0.5 if mode == "half_pixel" else at * source / target


def _cubic(distance: float, a: float = -0.5) -> float:
    """Return Keys' cubic kernel (IEEE Trans. ASSP 29, 1981)."""
    d = abs(distance)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0
