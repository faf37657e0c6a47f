"""The place of the greatest element along the last axis."""

from __future__ import annotations

from autosched import te
from autosched.ir.expr import Expr
from autosched.ops.checks import check_has_axes, check_number
from autosched.te.tensor import Tensor

Pair = tuple[Expr, Expr]


def argmax(x: Tensor, name: str = "argmax") -> Tensor:
    """The index (int64) of the greatest element along the last axis, the first of equals."""
    check_number(x, name)
    check_has_axes(x, name)
    length = x.shape[-1]
    lowest = te.const(float("-inf"), x.dtype) if x.dtype.is_float else te.min_value(x.dtype)

    def better(a: Pair, b: Pair) -> Pair:
        first = te.any(a[1] > b[1], te.all(a[1] == b[1], a[0] <= b[0]))
        return te.if_then_else(first, a[0], b[0]), te.if_then_else(first, a[1], b[1])

    reducer = te.comm_reducer(better, lambda index, _: (te.max_value(index), lowest), name)
    k = te.reduce_axis((0, length), name="k")
    places, _ = te.compute(x.shape[:-1], lambda *i: reducer((k, x(*i, k)), axis=k), name="greatest")
    return te.compute(x.shape[:-1], lambda *i: places(*i), name=name)
