"""Softmax and its logarithm along any axis."""

from __future__ import annotations

from collections.abc import Callable

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi import reduction
from autosched.tvm.topi.utils import normalized


def _along(x: Tensor, axis: int, finish: Callable[[Expr, Expr, Expr], Expr], name: str) -> Tensor:
    """Return `finish` of each element less the maximum, its exponential, and their sum."""
    at = normalized(axis, x.ndim, name)
    greatest = reduction.max(x, at)

    def rest(i: tuple[Expr, ...]) -> tuple[Expr, ...]:
        return (*i[:at], *i[at + 1 :])

    powers = te.compute(
        x.shape, lambda *i: te.exp(x(*i) - greatest(*rest(i))), name="T_softmax_exp"
    )
    total = reduction.sum(powers, at)
    return te.compute(
        x.shape,
        lambda *i: finish(x(*i) - greatest(*rest(i)), powers(*i), total(*rest(i))),
        name=name,
    )


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """`exp(x)` divided by its sum along `axis`."""
    return _along(x, axis, lambda _, power, total: power / total, "T_softmax_norm")


def fast_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """The same as `softmax`."""
    return softmax(x, axis)


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """The logarithm of `softmax`."""
    return _along(x, axis, lambda shifted, _, total: shifted - te.log(total), "T_log_softmax")
