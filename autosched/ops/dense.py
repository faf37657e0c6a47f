"""A fully connected layer."""

from __future__ import annotations

from autosched import te
from autosched.ir.dtype import DType
from autosched.ops.checks import check_extent, check_number, check_rank, check_same_dtype
from autosched.ops.elementwise import activated
from autosched.ops.halves import rounded, wide_dtype
from autosched.te.tensor import Tensor


def dense(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    activation: str = "none",
    out_dtype: DType | str | None = None,
    name: str = "dense",
) -> Tensor:
    """`activation(x @ weight.T + bias)`, for `x` of (m, k), `weight` of (n, k), `bias` of (n).

    The activation is none, relu, gelu, tanh or sigmoid; bias and activation are separate
    stages, which a schedule can fuse. Products and sums have the dtype `out_dtype`, by default
    that of the operands; sums of 16 bits are in float32 then, and rounded.
    """
    check_rank(x, 2, name, "m, k")
    check_rank(weight, 2, name, "n, k")
    check_number(x, name)
    check_same_dtype(name, x, weight)
    check_extent(weight.shape[1], x.shape[1], name, f"dimension 1 of {weight.name}")
    wide = wide_dtype(x.dtype, out_dtype)
    k = te.reduce_axis((0, x.shape[1]), name="k")
    sums = te.compute(
        (x.shape[0], weight.shape[0]),
        lambda i, j: te.sum(x(i, k).astype(wide) * weight(j, k).astype(wide), axis=k),
        name=name,
    )
    product = rounded(sums, x.dtype, out_dtype)
    if bias is not None:
        product = _with_bias(product, bias, name)
    return activated(product, activation)


def _with_bias(product: Tensor, bias: Tensor, name: str) -> Tensor:
    check_rank(bias, 1, name, "n")
    check_same_dtype(name, product, bias)
    check_extent(bias.shape[0], product.shape[1], name, f"dimension 0 of {bias.name}")
    return te.compute(product.shape, lambda i, j: product(i, j) + bias(j), name="bias_add")
