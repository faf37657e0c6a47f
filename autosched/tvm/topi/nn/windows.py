"""Strides, dilations and paddings as TVM's operators take them."""

from __future__ import annotations

from typing import Any

from autosched.errors import ExpressionError
from autosched.tvm.topi.utils import get_const_int

Sizes = tuple[int, ...]


def each(value: Any, rank: int, what: str) -> Sizes:
    """Return a number for each spatial axis; one number counts for all."""
    values = [get_const_int(item) for item in value] if isinstance(value, (tuple, list)) else None
    found = (get_const_int(value),) * rank if values is None else tuple(values)
    if len(found) != rank:
        raise ExpressionError(f"expected {rank} numbers as {what}, got {list(found)}")
    return found


def paddings(padding: Any, kernel: Sizes) -> tuple[Sizes, Sizes]:
    """Return the padding before and after each axis.

    It is given as "VALID", "SAME" (an element less than the window, most of it before), one
    number, one for each axis, or those before each axis and then those after.
    """
    rank = len(kernel)
    if isinstance(padding, str):
        if padding not in ("VALID", "SAME"):
            raise ExpressionError(f"expected VALID or SAME as padding, got {padding!r}")
        total = [span - 1 if padding == "SAME" else 0 for span in kernel]
        return tuple(t - t // 2 for t in total), tuple(t // 2 for t in total)
    if isinstance(padding, (tuple, list)) and len(padding) == 2 * rank:
        values = tuple(get_const_int(item) for item in padding)
        return values[:rank], values[rank:]
    if isinstance(padding, (tuple, list)) and len(padding) == 1:
        padding = padding[0]
    both = each(padding, rank, "padding")
    return both, both
