"""The product of two matrices."""

from __future__ import annotations

from autosched import te
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ops.checks import check_extent, check_number, check_rank, check_same_dtype
from autosched.te.tensor import Tensor


def matmul(
    a: Tensor, b: Tensor, out_dtype: DType | str | None = None, name: str = "matmul"
) -> Tensor:
    """`C[i, j] = sum over k of a[i, k] * b[k, j]`, for `a` of (m, k) and `b` of (k, n).

    Products and sums are in `out_dtype`, by default the operands' own.
    """
    check_rank(a, 2, name, "m, k")
    check_rank(b, 2, name, "k, n")
    check_number(a, name)
    check_same_dtype(name, a, b)
    check_extent(b.shape[0], a.shape[1], name, f"dimension 0 of {b.name}")
    wide = a.dtype if out_dtype is None else as_dtype(out_dtype)
    k = te.reduce_axis((0, a.shape[1]), name="k")
    return te.compute(
        (a.shape[0], b.shape[1]),
        lambda i, j: te.sum(a(i, k).astype(wide) * b(k, j).astype(wide), axis=k),
        name=name,
    )
