"""Gathers, slices and blocks of space by NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray


def gather_python(data: Array, axis: int, indices: Array) -> Array:
    """Return the elements at the indices along an axis."""
    return np.take_along_axis(data, indices.astype("int64"), axis)


def gather_nd_python(a_np: Array, indices_np: Array) -> Array:
    """Return the elements, or slices, at the places in the first axis of the indices."""
    return a_np[tuple(indices_np.astype("int64"))]


def one_hot(
    indices: Array, on_value: float, off_value: float, depth: int, axis: int, dtype: Any
) -> Array:
    """Return a new axis of `depth` elements, `on_value` at the index and else `off_value`."""
    is_on = indices[..., None] == np.arange(depth)
    return np.moveaxis(np.where(is_on, on_value, off_value), -1, axis).astype(dtype)


def sequence_mask(data: Array, valid_length: Array, mask_value: float, axis: int) -> Array:
    """Return the data with `mask_value` from the length of each sequence; `axis` is 0 or 1."""
    steps = np.arange(data.shape[axis])
    is_after = steps[:, None] >= valid_length if axis == 0 else steps >= valid_length[:, None]
    return np.where(is_after.reshape(*is_after.shape, *[1] * (data.ndim - 2)), mask_value, data)


def strided_slice_python(
    data: Array, begin: Any, end: Any, strides: Any, slice_mode: str = "end", axes: Any = None
) -> Array:
    """Return a slice; with the mode "size", `end` has sizes, of which -1 is all that is left."""
    begins, ends, steps = (_numbers(given) for given in (begin, end, strides))
    places = _numbers(axes) or list(range(max(len(begins), len(ends))))
    index = [slice(None)] * data.ndim
    for at, axis in enumerate(places):
        first = _at(begins, at)
        last = _at(ends, at)
        step = 1 if slice_mode == "size" else _at(steps, at) or 1
        if slice_mode == "size" and last is not None:
            last = None if last < 0 else (first or 0) + last
        index[axis] = slice(first, last, step)
    return data[tuple(index)]


def strided_set_python(data: Array, v: Array, begin: Any, end: Any, strides: Any) -> Array:
    """Return the data with other elements in a slice; left out strides are 1."""
    begins, ends, steps = (_numbers(given) for given in (begin, end, strides))
    index = tuple(
        slice(_at(begins, axis), _at(ends, axis), _at(steps, axis)) for axis in range(data.ndim)
    )
    found = data.copy()
    found[index] = v
    return found


def matrix_set_diag(
    input_np: Array, diagonal: Array, k: Any = 0, align: str = "RIGHT_LEFT"
) -> Array:
    """Return matrices with other diagonals, the highest first; see `topi.matrix_set_diag`."""
    low, high = (k, k) if isinstance(k, int) else (k[0], k[-1])
    rows, columns = input_np.shape[-2:]
    found, sides = input_np.copy(), align.split("_")
    for number in range(low, high + 1):
        row, column = max(-number, 0), max(number, 0)
        length = min(rows - row, columns - column)
        values = diagonal if low == high else diagonal[..., high - number, :]
        late = values.shape[-1] - length if sides[number < 0] == "RIGHT" and low != high else 0
        at = np.arange(length)
        found[..., row + at, column + at] = values[..., late : late + length]
    return found


def depth_to_space_python(data: Array, block_size: int, mode: str = "DCR") -> Array:
    """Return the blocks of channels of (N, C, H, W) as blocks of space."""
    n, c, h, w = data.shape
    b, outer = block_size, c // block_size**2
    if mode == "DCR":
        found = data.reshape(n, b, b, outer, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        found = data.reshape(n, outer, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return found.reshape(n, outer, h * b, w * b)


def space_to_depth_python(data: Array, block_size: int) -> Array:
    """Return the blocks of space of (N, C, H, W) as channels."""
    n, c, h, w = data.shape
    b = block_size
    found = data.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return found.reshape(n, c * b * b, h // b, w // b)


def space_to_batch_nd_python(
    data: Array, block_shape: Sequence[int], pad_before: Sequence[int], pad_after: Sequence[int],
    pad_value: float = 0,
) -> Array:  # fmt: skip
    """Return the padded data (N, space, ...) with the points of each block in the batch."""
    rank = len(block_shape)
    rest = data.ndim - 1 - rank
    sides = [(0, 0), *zip(pad_before, pad_after, strict=True), *[(0, 0)] * rest]
    padded = np.pad(data, sides, constant_values=pad_value)
    parts = [padded.shape[0]]
    for extent, block in zip(padded.shape[1:], block_shape, strict=False):
        parts += [extent // block, block]
    order = [*range(2, 2 * rank + 1, 2), 0, *range(1, 2 * rank, 2)]
    order += range(2 * rank + 1, 2 * rank + 1 + rest)
    shape = [extent // block for extent, block in zip(padded.shape[1:], block_shape, strict=False)]
    found = padded.reshape(*parts, *padded.shape[1 + rank :]).transpose(order)
    return found.reshape(-1, *shape, *padded.shape[1 + rank :])


def batch_to_space_nd_python(
    data: Array, block_shape: Sequence[int], crop_begin_list: Sequence[int],
    crop_end_list: Sequence[int],
) -> Array:  # fmt: skip
    """Return the parts of the batch as points of blocks of space, cropped."""
    rank = len(block_shape)
    batch = data.shape[0] // int(np.prod(block_shape))
    found = data.reshape(*block_shape, batch, *data.shape[1:])
    order = [rank]
    for axis in range(rank):
        order += [rank + 1 + axis, axis]
    order += range(2 * rank + 1, found.ndim)
    space = [n * block for n, block in zip(data.shape[1:], block_shape, strict=False)]
    found = found.transpose(order).reshape(batch, *space, *data.shape[1 + rank :])
    ends = zip(crop_begin_list, crop_end_list, space, strict=True)
    return found[(slice(None), *(slice(low, extent - high) for low, high, extent in ends))]


def _numbers(values: Any) -> list[Any]:
    return [None if value is None else int(value) for value in values or ()]


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
