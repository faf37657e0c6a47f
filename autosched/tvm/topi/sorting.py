"""Orders of elements, by counting for each how many come before it."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.utils import normalized


def argsort(
    data: Tensor, valid_count: None = None, axis: int = -1, is_ascend: Any = 1,
    dtype: str = "float32",
) -> Tensor:  # fmt: skip
    """The indices that sort `data` along `axis`, equal elements in their order.

    The cost grows with the square of the extent.
    """
    at = normalized(axis, data.ndim, "argsort")
    length = data.shape[at]
    j, k = te.reduce_axis((0, length), name="j"), te.reduce_axis((0, length), name="k")

    def along(i: tuple[Expr, ...], place: Any) -> Expr:
        return data(*i[:at], place, *i[at + 1 :])

    def before(*i: Expr) -> Expr:
        own, other = along(i, i[at]), along(i, j)
        ahead = other < own if is_ascend else other > own
        first = te.any(ahead, te.all(other == own, j < i[at]))
        return te.sum(te.if_then_else(first, te.const(1, "int64"), te.const(0, "int64")), axis=j)

    rank = te.compute(data.shape, before, name="rank")

    def found(*i: Expr) -> Expr:
        hit = rank(*i[:at], k, *i[at + 1 :]) == i[at]
        return te.sum(te.if_then_else(hit, k, te.const(0, "int64")), axis=k)

    places = te.compute(data.shape, found, name="place")
    return te.compute(data.shape, lambda *i: places(*i).astype(dtype), name="argsort")


def sort(data: Tensor, axis: int = -1, is_ascend: Any = 1) -> Tensor:
    """`data` sorted along `axis`."""
    at = normalized(axis, data.ndim, "sort")
    order = argsort(data, None, at, is_ascend, "int64")
    return _chosen(data, order, at, "sort")


def topk(
    data: Tensor, k: int = 1, axis: int = -1, ret_type: str = "both", is_ascend: bool = False,
    dtype: str = "int64",
) -> Any:  # fmt: skip
    """The first `k` of the sorted elements along `axis`, and their indices."""
    at = normalized(axis, data.ndim, "topk")
    order = argsort(data, None, at, is_ascend, "int64")
    count = te.const(k, "int64") if k > 0 else data.shape[at]
    shape = (*data.shape[:at], count, *data.shape[at + 1 :])
    indices = te.compute(shape, lambda *i: order(*i).astype(dtype), name="indices")
    first = te.compute(shape, lambda *i: order(*i), name="first")
    values = _chosen(data, first, at, "values")
    return {"both": [values, indices], "values": values, "indices": indices}[ret_type]


def _chosen(data: Tensor, order: Tensor, at: int, name: str) -> Tensor:
    return te.compute(order.shape, lambda *i: data(*i[:at], order(*i), *i[at + 1 :]), name=name)
