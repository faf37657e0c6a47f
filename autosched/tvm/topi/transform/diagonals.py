"""Matrices by their diagonals."""

from __future__ import annotations

from collections.abc import Sequence

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.transform.shape import moved
from autosched.tvm.topi.utils import get_const_int


def trilu(data: Tensor, k: int, upper: bool) -> Tensor:
    """The triangle of matrices above or below diagonal `k`, with zeros elsewhere."""

    def element(*i: Expr) -> Expr:
        kept = i[-1] >= i[-2] + k if upper else i[-1] <= i[-2] + k
        return te.if_then_else(kept, data(*i), te.const(0, data.dtype))

    return moved(data.shape, element, "trilu")


def matrix_set_diag(
    data: Tensor, diagonal: Tensor, k: int | Sequence[int] = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Matrices with other elements on a diagonal, or on those from `k[0]` to `k[1]`.

    Several diagonals are rows of `diagonal`, the highest first. `align` says on which side the
    shorter of those above, and those below the main one, begin, as in "RIGHT_LEFT".
    """
    given = [get_const_int(each) for each in (k if isinstance(k, Sequence) else (k, k))]
    low, high = given[0], given[-1]
    rows, columns, longest = data.shape[-2], data.shape[-1], diagonal.shape[-1]
    above, below = align.split("_")
    several = low != high

    def element(*i: Expr) -> Expr:
        row, column = i[-2], i[-1]
        number = column - row
        first = te.if_then_else(number >= 0, row, column)
        if several:
            length = te.minimum(columns - te.maximum(number, 0), rows + te.minimum(number, 0))
            late = longest - length
            shift = te.if_then_else(
                number >= 0, late if above == "RIGHT" else 0, late if below == "RIGHT" else 0
            )
            first = first + shift
        place = te.clip(first, 0, longest - 1)
        which = [te.clip(high - number, 0, high - low)] if several else []
        inside = te.all(number >= low, number <= high)
        return te.if_then_else(inside, diagonal(*i[:-2], *which, place), data(*i))

    return moved(data.shape, element, "matrix_set_diag")
