"""Darknet's order of points in channels."""

from __future__ import annotations

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.transform.shape import flat_index, unflattened


def reorg(data: Tensor, stride: int) -> Tensor:
    """`data` (n, c, h, w) as (n, c * stride ** 2, h / stride, w / stride), as Darknet does it.

    The elements are those of an image of `c / stride ** 2` channels, `stride` times as high and
    wide, whose points in blocks of `stride` squared become channels.
    """
    n, c, h, w = data.shape
    kept = c // (stride * stride)
    wide = (n, kept, h * stride, w * stride)

    def element(*i: Expr) -> Expr:
        b, k, y, x = unflattened(flat_index(i, shape), data.shape)
        row, column = k // kept // stride, k // kept % stride
        place = (b, k % kept, y * stride + row, x * stride + column)
        return data(*unflattened(flat_index(place, wide), data.shape))

    shape = (n, c * (stride * stride), h // stride, w // stride)
    return te.compute(shape, element, name="reorg")
