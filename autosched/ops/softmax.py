"""Softmax over the last axis."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.checks import check_float
from autosched.te.tensor import Tensor


def softmax(x: Tensor, name: str = "softmax") -> Tensor:
    """`exp(x - max) * (1 / sum of exp(x - max))` over the last axis, which cannot overflow."""
    check_float(x, name)
    if not x.ndim:
        raise ExpressionError(f"expected a tensor of at least one dimension for {name}, got none")
    outer, length = x.shape[:-1], x.shape[-1]
    k = te.reduce_axis((0, length), name="k")
    greatest = te.compute(outer, lambda *i: te.max(x(*i, k), axis=k), name="row_max")
    shifted = te.compute(x.shape, lambda *i: te.exp(x(*i) - greatest(*i[:-1])), name="exp")
    r = te.reduce_axis((0, length), name="r")
    total = te.compute(outer, lambda *i: te.sum(shifted(*i, r), axis=r), name="row_sum")
    # One reciprocal per row: the sum is at least 1, so it is finite.
    return te.compute(x.shape, lambda *i: shifted(*i) * (1.0 / total(*i[:-1])), name=name)
