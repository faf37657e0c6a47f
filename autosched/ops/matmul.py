"""Products of matrices, one or one for each element of a batch."""

from __future__ import annotations

from autosched import te
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ops.checks import check_extent, check_number, check_rank, check_same_dtype
from autosched.ops.halves import rounded, wide_dtype
from autosched.te.tensor import Tensor


def matmul(
    a: Tensor, b: Tensor, out_dtype: DType | str | None = None, name: str = "matmul",
    transpose_a: bool = False, transpose_b: bool = False,
) -> Tensor:  # fmt: skip
    """`C[i, j] = sum over k of a[i, k] * b[k, j]`, for `a` of (m, k) and `b` of (k, n).

    A transposed `a` is (k, m), a transposed `b` (n, k). Products and sums are in `out_dtype`,
    by default the operands' own; sums of 16 bits are in float32 then, and rounded.
    """
    check_rank(a, 2, name, "k, m" if transpose_a else "m, k")
    check_rank(b, 2, name, "n, k" if transpose_b else "k, n")
    return _product(a, b, out_dtype, name, transpose_a, transpose_b)


def batch_matmul(
    a: Tensor, b: Tensor, name: str = "batch_matmul", out_dtype: DType | str | None = None,
    transpose_a: bool = False, transpose_b: bool = False,
) -> Tensor:  # fmt: skip
    """`C[b, i, j] = sum over k of a[b, i, k] * b[b, k, j]`, for (b, m, k) and (b, k, n).

    The rest is as in `matmul`.
    """
    check_rank(a, 3, name, "b, k, m" if transpose_a else "b, m, k")
    check_rank(b, 3, name, "b, n, k" if transpose_b else "b, k, n")
    check_extent(b.shape[0], a.shape[0], name, f"dimension 0 of {b.name}")
    return _product(a, b, out_dtype, name, transpose_a, transpose_b)


def _product(
    a: Tensor, b: Tensor, out_dtype: DType | str | None, name: str,
    transpose_a: bool, transpose_b: bool,
) -> Tensor:  # fmt: skip
    check_number(a, name)
    check_same_dtype(name, a, b)
    wide = wide_dtype(a.dtype, out_dtype)
    rows, shared = (a.shape[-1], a.shape[-2]) if transpose_a else a.shape[-2:]
    inner = b.ndim - 1 if transpose_b else b.ndim - 2
    check_extent(b.shape[inner], shared, name, f"dimension {inner} of {b.name}")
    columns = b.shape[-2] if transpose_b else b.shape[-1]
    k = te.reduce_axis((0, shared), name="k")

    def product(*place: Expr) -> Expr:
        *batch, i, j = place
        left = a(*batch, k, i) if transpose_a else a(*batch, i, k)
        right = b(*batch, j, k) if transpose_b else b(*batch, k, j)
        return te.sum(left.astype(wide) * right.astype(wide), axis=k)

    names = ("n", "i", "j")[-a.ndim :]
    shape = (*a.shape[:-2], rows, columns)
    sums = te.compute(shape, product, name=name, varargs_names=names)
    return rounded(sums, a.dtype, out_dtype)
