"""The end of a packed form: sums requantized in the accumulator, and stored as bytes."""

from __future__ import annotations

from collections.abc import Sequence

from autosched import te
from autosched.ir.expr import Expr
from autosched.ops.requantize import requantized
from autosched.te.tensor import Tensor


def finish(
    sums: Tensor,
    shift: int = 0,
    relu: bool = False,
    bias: Tensor | None = None,
    dims: Sequence[int] | None = None,
) -> Tensor:
    """Return the int8 output for int32 `sums` (..., batch, block).

    `bias` has the dimensions `dims` of `sums`, or as many as it needs from 1 on, and a block.
    """

    def value(*place: Expr) -> Expr:
        added = None
        if bias is not None:
            own = range(1, bias.ndim - 1) if dims is None else dims
            added = bias(*(place[dim] for dim in own), *place[-2:])
        return requantized(sums(*place), shift, added, relu)

    return stored(te.compute(sums.shape, value, name="requantized"))


def stored(values: Tensor) -> Tensor:
    """Return the int8 output for int32 values that fit it."""
    return te.compute(values.shape, lambda *i: values(*i).astype("int8"), name="out")
