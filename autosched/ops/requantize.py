"""Requantization of int32 sums to int8, with shifts as scales."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import check_dtype, check_extent, check_rank
from autosched.te.tensor import Tensor

LEAST, MOST = -128, 127


def requantize(
    x: Tensor,
    bias: Tensor | None = None,
    shift: int = 0,
    relu: bool = False,
    name: str = "requantize",
) -> Tensor:
    """`clip((x >> shift) + bias, -128, 127)` as int8, for int32 sums `x`.

    The shift rounds down. `bias` (int32) has one value for each index of the second dimension.
    With `relu` the lower bound is 0.
    """
    check_dtype(name, "int32", x)
    check_shift(shift, name)
    if bias is not None:
        check_rank(bias, 1, name, "channels")
        check_dtype(name, "int32", bias)
        check_extent(bias.shape[0], x.shape[1], name, f"dimension 0 of {bias.name}")
    return te.compute(
        x.shape,
        lambda *i: requantized(x(*i), shift, None if bias is None else bias(i[1]), relu).astype(
            "int8"
        ),
        name=name,
    )


def requantized(value: Expr, shift: int, bias: Expr | None, relu: bool) -> Expr:
    """Return the value shifted, with the bias added, clipped to int8: the usual order of VTA."""
    if shift:
        value = value >> shift
    if bias is not None:
        value = value + bias
    return te.clip(value, 0 if relu else LEAST, MOST)


def check_shift(shift: int, operator: str) -> None:
    if type(shift) is not int or not 0 <= shift < 32:
        raise ExpressionError(
            f"expected a shift of 0 to 31 bits for {operator}, got {shift!r}",
            hint="a shift of n bits divides by 2**n",
        )
