"""Elements at places that data give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.te.elementwise import broadcast_read, broadcast_shape
from autosched.te.tensor import Tensor
from autosched.tvm.topi.transform.shape import flattened, moved
from autosched.tvm.topi.utils import get_const_int, normalized


def take(
    a: Tensor, indices: Tensor, axis: int | None = None, batch_dims: int = 0, mode: str = "clip"
) -> Tensor:
    """The elements of `a` at `indices` along `axis`, or in order where it is None.

    Indices beyond the end are the last with "clip", counted around with "wrap"; with "fast" there
    are none. The first `batch_dims` axes of both tensors are common.
    """
    source = flattened(a) if axis is None else a
    at = 0 if axis is None else normalized(axis, a.ndim, "take")
    batch = normalized(batch_dims, indices.ndim, "take") if batch_dims else 0
    extent, inner = source.shape[at], indices.ndim - batch

    def element(*i: Expr) -> Expr:
        index = indices(*i[:batch], *i[at : at + inner]).astype("int64")
        place = index % extent if mode == "wrap" else te.clip(index, 0, extent - 1)
        return source(*i[:at], place, *i[at + inner :])

    shape = (*source.shape[:at], *indices.shape[batch:], *source.shape[at + 1 :])
    return moved(shape, element, "take")


def gather(data: Tensor, axis: int, indices: Tensor) -> Tensor:
    """The elements of `data` whose place along `axis` is that in `indices`."""
    at = normalized(axis, data.ndim, "gather")
    return moved(indices.shape, lambda *i: data(*i[:at], indices(*i), *i[at + 1 :]), "gather")


def gather_nd(a: Tensor, indices: Tensor) -> Tensor:
    """The elements of `a` at places whose coordinates lie along the first axis of `indices`."""
    count = get_const_int(indices.shape[0])
    shape = (*indices.shape[1:], *a.shape[count:])
    inner = indices.ndim - 1

    def element(*i: Expr) -> Expr:
        return a(*(indices(axis, *i[:inner]).astype("int64") for axis in range(count)), *i[inner:])

    return moved(shape, element, "gather_nd")


def one_hot(
    indices: Tensor, on_value: Any, off_value: Any, depth: int, axis: int, dtype: DType | str
) -> Tensor:
    """`on_value` where the place along the new axis is the index, otherwise `off_value`."""
    at = normalized(axis, indices.ndim + 1, "one_hot")
    on, off = (
        value.astype(dtype) if isinstance(value, Expr) else te.const(value, dtype)
        for value in (on_value, off_value)
    )
    shape = (*indices.shape[:at], te.const(depth, "int64"), *indices.shape[at:])
    return moved(
        shape,
        lambda *i: te.if_then_else(indices(*i[:at], *i[at + 1 :]) == i[at], on, off),
        "one_hot",
    )


def sequence_mask(
    data: Tensor, valid_length: Tensor, mask_value: float = 0, axis: int = 0
) -> Tensor:
    """`data` with `mask_value` from `valid_length` on along `axis`, 0 or 1, of the other."""
    batch = 1 - axis
    return moved(
        data.shape,
        lambda *i: te.if_then_else(
            i[axis] < valid_length(i[batch]).astype("int64"),
            data(*i),
            te.const(mask_value, data.dtype),
        ),
        "sequence_mask",
    )


def adv_index(data: Tensor, indices: Sequence[Tensor]) -> Tensor:
    """The slices of `data` at the places in `indices`, one tensor for each of the first axes.

    The tensors are broadcast, and their axes come first.
    """
    shape = broadcast_shape("adv_index", *(each.shape for each in indices))
    count = len(shape)

    def element(*i: Expr) -> Expr:
        return data(*(broadcast_read(each, i[:count]) for each in indices), *i[count:])

    return moved((*shape, *data.shape[len(indices) :]), element, "adv_index")


def unravel_index(indices: Tensor, shape: Tensor) -> Tensor:
    """The coordinates, along a new first axis, of places in the order of elements of `shape`."""
    rank = get_const_int(shape.shape[0])

    def element(axis: Expr, *i: Expr) -> Expr:
        flat = indices(*i).astype("int64")
        found = flat
        for each in reversed(range(rank)):
            extent = te.maximum(shape(each).astype("int64"), 1)
            found = te.if_then_else(axis == each, flat % extent if each else flat, found)
            flat = flat // extent
        return found.astype(indices.dtype)

    return moved((te.const(rank, "int64"), *indices.shape), element, "unravel_index")
