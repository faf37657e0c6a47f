"""Layer normalisation over the last axis (Ba, Kiros and Hinton, 2016)."""

from __future__ import annotations

from math import inf

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.checks import check_extent, check_float, check_rank, check_same_dtype
from autosched.te.tensor import Tensor


def layer_norm(
    x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float = 1e-5, name: str = "layer_norm"
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta` over the last axis.

    The variance is that of the deviations from the mean, so it never cancels below zero.
    """
    check_float(x, name)
    if not x.ndim:
        raise ExpressionError(f"expected a tensor of at least one dimension for {name}, got none")
    check_same_dtype(name, x, gamma, beta)
    if not 0 <= epsilon < inf:
        raise ExpressionError(
            f"expected a finite epsilon of at least 0 for {name}, got {epsilon}",
            hint="the square root is of the variance plus epsilon",
        )
    outer, length = x.shape[:-1], x.shape[-1]
    for tensor in (gamma, beta):
        check_rank(tensor, 1, name, "last axis")
        check_extent(tensor.shape[0], length, name, f"dimension 0 of {tensor.name}")
    count = length.astype(x.dtype)
    k = te.reduce_axis((0, length), name="k")
    total = te.compute(outer, lambda *i: te.sum(x(*i, k), axis=k), name="row_sum")
    deviation = te.compute(x.shape, lambda *i: x(*i) - total(*i[:-1]) / count, name="deviation")
    r = te.reduce_axis((0, length), name="r")
    squares = te.compute(
        outer, lambda *i: te.sum(deviation(*i, r) * deviation(*i, r), axis=r), name="square_sum"
    )
    return te.compute(
        x.shape,
        lambda *i: (
            deviation(*i) * te.rsqrt(squares(*i[:-1]) / count + epsilon) * gamma(i[-1])
            + beta(i[-1])
        ),
        name=name,
    )
