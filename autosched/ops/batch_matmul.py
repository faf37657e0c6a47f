"""Products of matrices, one pair for each element of a batch."""

from __future__ import annotations

from autosched import te
from autosched.ops.checks import check_extent, check_number, check_rank, check_same_dtype
from autosched.te.tensor import Tensor


def batch_matmul(a: Tensor, b: Tensor, name: str = "batch_matmul") -> Tensor:
    """`C[b, i, j] = sum over k of a[b, i, k] * b[b, k, j]`, for (b, m, k) and (b, k, n)."""
    check_rank(a, 3, name, "b, m, k")
    check_rank(b, 3, name, "b, k, n")
    check_number(a, name)
    check_same_dtype(name, a, b)
    check_extent(b.shape[0], a.shape[0], name, f"dimension 0 of {b.name}")
    check_extent(b.shape[1], a.shape[2], name, f"dimension 1 of {b.name}")
    k = te.reduce_axis((0, a.shape[2]), name="k")
    return te.compute(
        (a.shape[0], a.shape[1], b.shape[2]),
        lambda n, i, j: te.sum(a(n, i, k) * b(n, k, j), axis=k),
        name=name,
    )
