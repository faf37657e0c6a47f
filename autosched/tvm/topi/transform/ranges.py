"""Tensors of numbers that count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.ir.dtype import DType
from autosched.ir.expr import Const, Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.transform.shape import moved


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: DType | str = "float32") -> Tensor:
    """The numbers from `start` (by default 0) to `stop`, without it, by `step`."""
    first, last = (0, start) if stop is None else (start, stop)
    by, low, high = (
        each.value if isinstance(each, Const) else each for each in (step, first, last)
    )
    count = max(0, math.ceil((high - low) / by))
    kind = "float32" if isinstance(low, float) or isinstance(by, float) else "int64"
    return moved((count,), lambda i: (i.astype(kind) * by + low).astype(dtype), "arange")


def meshgrid(a_tuple: Sequence[Tensor], indexing: str) -> list[Tensor]:
    """Grids of the coordinates in vectors, as in `numpy.meshgrid`."""
    order = list(range(len(a_tuple)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = [1, 0]
    shape = [a_tuple[axis].shape[0] for axis in order]

    def along(a: Tensor, at: int) -> Tensor:
        return moved(shape, lambda *i: a(i[at]), "meshgrid")

    return [along(a, order.index(n)) for n, a in enumerate(a_tuple)]


def shape(array: Tensor, dtype: str = "int32") -> Tensor:
    """The extents of a tensor, as a tensor."""

    def element(i: Expr) -> Expr:
        value: Expr = te.const(0, "int64")
        for axis, extent in enumerate(array.shape):
            value = te.if_then_else(i == axis, extent, value)
        return value.astype(dtype)

    return moved((array.ndim,), element, "shape")


def ndarray_size(array: Tensor, dtype: str = "int32") -> Tensor:
    """The number of elements of a tensor, as a tensor."""
    size = math.prod(array.shape, start=te.const(1, "int64"))
    return moved((), lambda: size.astype(dtype), "size")
