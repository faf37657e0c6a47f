"""Softmax and its logarithms over the last axis."""

from __future__ import annotations

from autosched import te
from autosched.ir.expr import Expr
from autosched.ops.checks import check_float, check_has_axes
from autosched.ops.halves import rounded_once
from autosched.te.tensor import Tensor


@rounded_once
def softmax(x: Tensor, name: str = "softmax") -> Tensor:
    """`exp(x - max) * (1 / sum of exp(x - max))` over the last axis, which cannot overflow."""
    shifted, total, _ = _sums(x, name)
    # One reciprocal per row: the sum is at least 1, so it is finite.
    return te.compute(x.shape, lambda *i: shifted(*i) * (1.0 / total(*i[:-1])), name=name)


@rounded_once
def log_softmax(x: Tensor, name: str = "log_softmax") -> Tensor:
    """`x - max - log(sum of exp(x - max))` over the last axis."""
    _, total, greatest = _sums(x, name)
    return te.compute(
        x.shape, lambda *i: x(*i) - greatest(*i[:-1]) - te.log(total(*i[:-1])), name=name
    )


@rounded_once
def logsumexp(x: Tensor, name: str = "logsumexp") -> Tensor:
    """`max + log(sum of exp(x - max))` over the last axis, or an infinite maximum itself."""
    _, total, greatest = _sums(x, name)

    def logarithm(*i: Expr) -> Expr:
        most = greatest(*i)
        return te.if_then_else(te.isinf(most), most, most + te.log(total(*i)))

    return te.compute(x.shape[:-1], logarithm, name=name)


def _sums(x: Tensor, name: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return `exp(x - max)`, its sum over the last axis, and the maximum along it."""
    check_float(x, name)
    check_has_axes(x, name)
    outer, length = x.shape[:-1], x.shape[-1]
    k = te.reduce_axis((0, length), name="k")
    greatest = te.compute(outer, lambda *i: te.max(x(*i, k), axis=k), name="row_max")
    shifted = te.compute(x.shape, lambda *i: te.exp(x(*i) - greatest(*i[:-1])), name="exp")
    r = te.reduce_axis((0, length), name="r")
    total = te.compute(outer, lambda *i: te.sum(shifted(*i, r), axis=r), name="row_sum")
    return shifted, total, greatest
