"""Operators that move elements: transposition, concatenation, lookup in a table."""

from __future__ import annotations

from collections.abc import Sequence

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import check_extent, check_rank, check_same_dtype, static
from autosched.te.tensor import Tensor


def transpose(x: Tensor, axes: Sequence[int] | None = None, name: str = "transpose") -> Tensor:
    """`x` with its axes in the order `axes`, by default reversed, as in `numpy.transpose`."""
    order = tuple(range(x.ndim))[::-1] if axes is None else tuple(axes)
    if sorted(order) != list(range(x.ndim)):
        raise ExpressionError(
            f"expected a permutation of {x.ndim} axes for {name}, got {list(order)}"
        )
    shape = tuple(x.shape[axis] for axis in order)
    return te.compute(shape, lambda *i: x(*(i[order.index(axis)] for axis in range(x.ndim))), name)


def concat(tensors: Sequence[Tensor], axis: int = 0, name: str = "concat") -> Tensor:
    """The tensors one after the other along `axis`; their other extents are equal."""
    first = tensors[0]
    check_same_dtype(name, *tensors)
    if not 0 <= axis < first.ndim:
        raise ExpressionError(f"expected an axis below {first.ndim} for {name}, got {axis}")
    for tensor in tensors[1:]:
        check_rank(tensor, first.ndim, name, f"as {first.name}")
        for dim in range(first.ndim):
            if dim != axis:
                what = f"dimension {dim} of {tensor.name}"
                check_extent(tensor.shape[dim], first.shape[dim], name, what)
    ends, total = [], 0
    for tensor in tensors:
        total += static(tensor.shape[axis], name, f"dimension {axis} of {tensor.name}")
        ends.append(total)

    def chosen(*i: Expr) -> Expr:
        value: Expr | None = None
        for tensor, start, end in reversed(list(zip(tensors, [0, *ends], ends, strict=False))):
            read = tensor(*i[:axis], i[axis] - start, *i[axis + 1 :])
            value = read if value is None else te.if_then_else(i[axis] < end, read, value)
        assert value is not None, "there is a tensor"
        return value

    shape = (*first.shape[:axis], te.const(total, "int64"), *first.shape[axis + 1 :])
    return te.compute(shape, chosen, name)


def embedding(table: Tensor, indices: Tensor, name: str = "embedding") -> Tensor:
    """The rows of `table` (rows, width) at `indices`, of any shape: (*indices, width)."""
    check_rank(table, 2, name, "rows, width")
    if not indices.dtype.is_integer:
        raise ExpressionError(f"expected integers as {indices.name} of {name}, got {indices.dtype}")
    return te.compute(
        (*indices.shape, table.shape[1]), lambda *i: table(indices(*i[:-1]), i[-1]), name
    )
