"""The end of a packed form: sums requantized in the accumulator, and stored as bytes."""

from __future__ import annotations

from autosched import te
from autosched.ir.expr import Expr
from autosched.ops.requantize import requantized
from autosched.te.tensor import Tensor


def finish(
    sums: Tensor, shift: int = 0, relu: bool = False, bias: Tensor | None = None, skipped: int = 0
) -> Tensor:
    """The int8 output for int32 `sums` (batches, ..., height, width, batch, block).

    `bias` has the dimensions of `sums` without the first and the `skipped` ones before a block.
    """

    def value(*place: Expr) -> Expr:
        added = None
        if bias is not None:
            added = bias(*place[1 : len(place) - 2 - skipped], *place[-2:])
        return requantized(sums(*place), shift, added, relu)

    return stored(te.compute(sums.shape, value, name="requantized"))


def stored(values: Tensor) -> Tensor:
    """The int8 output for int32 values that fit it."""
    return te.compute(values.shape, lambda *i: values(*i).astype("int8"), name="out")
