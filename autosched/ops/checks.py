"""Checks of the arguments of operators; each raises `ExpressionError` with the operator's name."""

from __future__ import annotations

from math import inf

from autosched.errors import ExpressionError
from autosched.ir.expr import Const, Expr
from autosched.ir.structure import equal
from autosched.te.tensor import Tensor

Pair = int | tuple[int, int]
Sizes = int | tuple[int, ...]
"""A number for every spatial axis, or one for each."""


def check_rank(tensor: Tensor, rank: int, operator: str, layout: str) -> None:
    if tensor.ndim != rank:
        raise ExpressionError(
            f"expected {tensor.name} of {operator} to have {rank} dimensions ({layout}), "
            f"got {tensor.ndim}"
        )


def check_space(tensor: Tensor, operator: str, layout: str) -> int:
    """Return the number of spatial axes of a tensor with two axes before them: 1, 2 or 3."""
    if not 3 <= tensor.ndim <= 5:
        raise ExpressionError(
            f"expected {tensor.name} of {operator} to have 3 to 5 dimensions ({layout}, then 1 "
            f"to 3 of space), got {tensor.ndim}"
        )
    return tensor.ndim - 2


def check_has_axes(tensor: Tensor, operator: str) -> None:
    if not tensor.ndim:
        raise ExpressionError(
            f"expected a tensor of at least one dimension for {operator}, got none"
        )


def check_epsilon(epsilon: float, operator: str) -> None:
    if not 0 <= epsilon < inf:
        raise ExpressionError(
            f"expected a finite epsilon of at least 0 for {operator}, got {epsilon}",
            hint="the square root is of the variance plus epsilon",
        )


def check_extent(found: Expr, wanted: Expr | int, operator: str, what: str) -> None:
    """Check that an extent is `wanted`: the same number or an equal expression."""
    same = (
        isinstance(found, Const) and int(found.value) == wanted
        if isinstance(wanted, int)
        else found is wanted or equal(found, wanted)
    )
    if not same:
        raise ExpressionError(f"expected {what} of {operator} to be {wanted}, got {found}")


def check_same_dtype(operator: str, *tensors: Tensor) -> None:
    first = tensors[0]
    for tensor in tensors[1:]:
        if tensor.dtype is not first.dtype:
            raise ExpressionError(
                f"expected {tensor.name} of {operator} to have the dtype {first.dtype} of "
                f"{first.name}, got {tensor.dtype}",
                hint="cast one of them in a stage of its own",
            )


def check_float(tensor: Tensor, operator: str) -> None:
    if not tensor.dtype.is_float:
        raise ExpressionError(
            f"expected a float dtype for {tensor.name} of {operator}, got {tensor.dtype}"
        )


def check_dtype(operator: str, wanted: str, *tensors: Tensor) -> None:
    for tensor in tensors:
        if tensor.dtype.name != wanted:
            raise ExpressionError(
                f"expected the dtype {wanted} for {tensor.name} of {operator}, got {tensor.dtype}"
            )


def check_number(tensor: Tensor, operator: str) -> None:
    if tensor.dtype.is_bool:
        raise ExpressionError(f"expected numbers in {tensor.name} of {operator}, got bools")


def pair(value: Pair, operator: str, what: str, least: int) -> tuple[int, int]:
    """Return `value` as a pair for height and width, each at least `least`."""
    height, width = per_axis(value, 2, operator, what, least)
    return height, width


def per_axis(value: Sizes, rank: int, operator: str, what: str, least: int) -> tuple[int, ...]:
    """Return a number for each of `rank` spatial axes, each at least `least`.

    An integer counts for every axis.
    """
    each = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(each) != rank or any(type(item) is not int or item < least for item in each):
        words = {1: "an integer", 2: "one or two integers", 3: "one or three integers"}[rank]
        raise ExpressionError(
            f"expected {words} of at least {least} for {what} of {operator}, got {value!r}"
        )
    return each


def static(extent: Expr, operator: str, what: str) -> int:
    """Return the extent as a number; it must not be symbolic."""
    if not isinstance(extent, Const):
        raise ExpressionError(f"expected {what} of {operator} to be a number, got {extent}")
    return int(extent.value)
