"""Losses of predictions."""

from __future__ import annotations

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.reduction import sum as total_of


def nll_loss(
    predictions: Tensor, targets: Tensor, weights: Tensor, reduction: str, ignore_index: int
) -> Tensor:
    """The negative log likelihood of the target classes, times their weights.

    `predictions` is (batch, classes, space, ...) or (classes,), and `targets` the same without
    the classes. Targets of `ignore_index` count for nothing. `reduction` is mean (by weight), sum
    or none.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ExpressionError(f"expected mean, sum or none as reduction, got {reduction!r}")
    classes = weights.shape[0]

    def known(*i: Expr) -> tuple[Expr, Expr]:
        target = targets(*i)
        return target != ignore_index, te.clip(target.astype("int64"), 0, classes - 1)

    def loss(*i: Expr) -> Expr:
        counts, target = known(*i)
        value = -predictions(*i[:1], target, *i[1:]) * weights(target)
        return te.if_then_else(counts, value, te.const(0, value.dtype))

    def weight(*i: Expr) -> Expr:
        counts, target = known(*i)
        return te.if_then_else(counts, weights(target), te.const(0, weights.dtype))

    losses = te.compute(targets.shape, loss, name="nll_loss")
    if reduction == "none" or (reduction == "sum" and not targets.ndim):
        return losses
    total = total_of(losses)
    if reduction == "sum":
        return total
    whole = total_of(te.compute(targets.shape, weight, name="nll_weight"))
    return te.compute((), lambda: total() / whole(), name="nll_mean")
