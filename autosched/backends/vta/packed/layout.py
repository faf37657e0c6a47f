"""Arrays in blocks: padded with zeros to whole blocks, and back."""

from __future__ import annotations

import numpy as np

from autosched.ir.expr import Const, Expr
from autosched.te.tensor import Tensor

Array = np.ndarray


def whole(extent: Expr) -> int:
    """Return a constant extent as a number."""
    assert isinstance(extent, Const), "what an accelerator computes has constant extents"
    return int(extent.value)


def extents(tensor: Tensor) -> tuple[int, ...]:
    """Return the extents of a tensor as numbers."""
    return tuple(map(whole, tensor.shape))


def blocks(extent: int, block: int) -> int:
    """Return how many blocks hold `extent` values."""
    return -(-extent // block)


def pack(array: Array, sizes: dict[int, int]) -> Array:
    """Return the array with its axes `sizes` split into blocks of these sizes.

    Blocks take the place of an axis; what is inside of one comes last, in the order of
    `sizes`. (N, C, H, W) with {0: 1, 1: 16} becomes (N, C / 16, H, W, 1, 16).
    """
    whole = [
        (0, -extent % sizes[axis] if axis in sizes else 0)
        for axis, extent in enumerate(array.shape)
    ]
    if any(after for _, after in whole):
        array = np.pad(array, whole)
    shape: list[int] = []
    outer, inner = [], {}
    for axis, extent in enumerate(array.shape):
        outer.append(len(shape))
        if axis in sizes:
            inner[axis] = len(shape) + 1
            shape += [extent // sizes[axis], sizes[axis]]
        else:
            shape.append(extent)
    return array.reshape(shape).transpose(*outer, *(inner[axis] for axis in sizes))


def unpack(array: Array, sizes: dict[int, int], shape: tuple[int, ...]) -> Array:
    """Invert `pack`: return the array of this shape."""
    rank = len(shape)
    order = []
    for axis in range(rank):
        order.append(axis)
        if axis in sizes:
            order.append(rank + list(sizes).index(axis))
    whole = [extent * sizes.get(axis, 1) for axis, extent in enumerate(array.shape[:rank])]
    return array.transpose(order).reshape(whole)[tuple(slice(extent) for extent in shape)]
