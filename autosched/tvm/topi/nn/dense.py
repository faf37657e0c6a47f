"""Products of matrices with weights."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.ops import dense as fully_connected
from autosched.ops import matmul as products
from autosched.te.elementwise import broadcast_shape, is_one
from autosched.te.tensor import Tensor
from autosched.tvm.topi.broadcast import add
from autosched.tvm.topi.transform.shape import reshape


def dense(
    data: Tensor, weight: Tensor, bias: Tensor | None = None, out_dtype: DType | str | None = None,
    auto_scheduler_rewritten_layout: str = "", meta_schedule_original_shape: Any = None,
) -> Tensor:  # fmt: skip
    """`data @ weight.T + bias`, for `data` of (m, k) and `weight` of (n, k)."""
    kind = out_dtype or data.dtype
    return fully_connected.dense(data, weight, bias, out_dtype=kind, name="T_dense")


def matmul(
    tensor_a: Tensor, tensor_b: Tensor, bias: Tensor | None = None,
    out_dtype: DType | str | None = None, transpose_a: bool = False, transpose_b: bool = False,
    auto_scheduler_rewritten_layout: str = "", meta_schedule_original_shape: Any = None,
) -> Tensor:  # fmt: skip
    """The product of two matrices, each transposed if said so, plus a bias for each column.

    Axes before the last two are broadcast.
    """
    if tensor_a.ndim > 2 and tensor_b.ndim == 2 and not transpose_a:
        rows = reshape(tensor_a, (-1, tensor_a.shape[-1]))
        flat = matmul(rows, tensor_b, bias, out_dtype, False, transpose_b)
        return reshape(flat, (*tensor_a.shape[:-1], flat.shape[1]))
    transposed = transpose_a, transpose_b
    if tensor_a.ndim == tensor_b.ndim == 2:
        kind = out_dtype or tensor_a.dtype
        product = products.matmul(tensor_a, tensor_b, kind, "T_matmul", *transposed)
    else:
        product = _products(tensor_a, tensor_b, out_dtype, *transposed, "T_matmul")
    if bias is None:
        return product
    result: Tensor = add(product, bias)
    return result


def batch_matmul(
    tensor_a: Tensor, tensor_b: Tensor, oshape: Any = None, out_dtype: DType | str | None = None,
    transpose_a: bool = False, transpose_b: bool = True,
    auto_scheduler_rewritten_layout: str = "", meta_schedule_original_shape: Any = None,
) -> Tensor:  # fmt: skip
    """The products of two batches, of which one may hold a single matrix for all."""
    return _products(tensor_a, tensor_b, out_dtype, transpose_a, transpose_b, "T_batch_matmul")


def _products(
    a: Tensor, b: Tensor, out_dtype: DType | str | None, transpose_a: bool, transpose_b: bool,
    name: str,
) -> Tensor:  # fmt: skip
    """Return the products of the matrices in the last two axes; those before are broadcast."""
    wide = a.dtype if out_dtype is None else as_dtype(out_dtype)
    batch = broadcast_shape(name, a.shape[:-2], b.shape[:-2])
    rows, depth = (a.shape[-1], a.shape[-2]) if transpose_a else a.shape[-2:]
    columns = b.shape[-2] if transpose_b else b.shape[-1]
    k = te.reduce_axis((0, depth), name="k")

    def of(x: Tensor, place: tuple[Expr, ...]) -> list[Any]:
        own = place[len(place) - (x.ndim - 2) :]
        return [0 if is_one(n) else i for i, n in zip(own, x.shape, strict=False)]

    def element(*place: Expr) -> Expr:
        *outer, i, j = place
        at_a, at_b = of(a, tuple(outer)), of(b, tuple(outer))
        left = a(*at_a, k, i) if transpose_a else a(*at_a, i, k)
        right = b(*at_b, j, k) if transpose_b else b(*at_b, k, j)
        return te.sum(left.astype(wide) * right.astype(wide), axis=k)

    names = ["n", "i", "j"] if len(batch) == 1 else None
    return te.compute((*batch, rows, columns), element, name=name, varargs_names=names)
