"""Orders of elements along an axis. Equal elements stay in their order, also from the greatest."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched import te
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.utils import normalized

Array = np.ndarray


def sort(data: Tensor, axis: int = -1, is_ascend: Any = 1) -> Tensor:
    """`data` sorted along `axis`."""
    at = normalized(axis, data.ndim, "sort")
    return _sort([data], [(data.shape, data.dtype)], at, bool(is_ascend))[0]


def argsort(
    data: Tensor, valid_count: Tensor | None = None, axis: int = -1, is_ascend: Any = 1,
    dtype: str = "float32",
) -> Tensor:  # fmt: skip
    """The indices that sort `data` along `axis`.

    With `valid_count`, a number for each place along the first axis, only so many elements are
    sorted, and the indices are int32.
    """
    at = normalized(axis, data.ndim, "argsort")
    if valid_count is None:
        return _argsort([data], [(data.shape, dtype)], at, bool(is_ascend))[0]
    inputs = [data, valid_count]
    return _argsort_first(inputs, [(data.shape, "int32")], at, bool(is_ascend))[0]


def topk(
    data: Tensor, k: int = 1, axis: int = -1, ret_type: str = "both", is_ascend: bool = False,
    dtype: str = "int64",
) -> Any:  # fmt: skip
    """The first `k` of the sorted elements along `axis`, and their indices; all for `k` below 1.

    `ret_type` is both, values or indices.
    """
    at = normalized(axis, data.ndim, "topk")
    count = te.const(k, "int64") if k > 0 else data.shape[at]
    shape = (*data.shape[:at], count, *data.shape[at + 1 :])
    kinds = [(shape, data.dtype), (shape, dtype)]
    found = _topk([data], kinds, count, at, bool(is_ascend))
    return {"both": found, "values": found[0], "indices": found[1]}[ret_type]


def order(data: Array, axis: int, is_ascend: int) -> Array:
    """Return the indices that sort an array along an axis."""
    if is_ascend:
        return np.argsort(data, axis, kind="stable")
    last = data.shape[axis] - 1
    return np.flip(last - np.argsort(np.flip(data, axis), axis, kind="stable"), axis)


@outside
def _sort(data: Array, axis: int, is_ascend: int) -> Array:
    found = np.sort(data, axis)
    return found if is_ascend else np.flip(found, axis)


@outside
def _argsort(data: Array, axis: int, is_ascend: int) -> Array:
    return order(data, axis, is_ascend)


@outside
def _argsort_first(data: Array, counts: Array, axis: int, is_ascend: int) -> Array:
    last = np.moveaxis(data, axis, -1)
    found = np.broadcast_to(np.arange(last.shape[-1]), last.shape).copy()
    for row, count in enumerate(counts):
        found[row, ..., :count] = order(last[row, ..., :count], -1, is_ascend)
    return np.moveaxis(found, -1, axis)


@outside
def _topk(data: Array, k: int, axis: int, is_ascend: int) -> list[Array]:
    first = np.take(order(data, axis, is_ascend), np.arange(k), axis)
    return [np.take_along_axis(data, first, axis), first]
