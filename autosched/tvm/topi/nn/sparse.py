"""Products and sums with sparse matrices."""

from __future__ import annotations

from math import prod

import numpy as np

from autosched import te
from autosched.errors import ExpressionError, not_offered
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.sparse.products import product, rows_of
from autosched.tvm.topi.transform.shape import expand_dims, reshape, transpose

Array = np.ndarray


def sparse_dense(
    dense_data: Tensor,
    sparse_data: Tensor,
    sparse_indices: Tensor,
    sparse_indptr: Tensor,
    sparse_lhs: bool = False,
) -> Tensor:
    """Return the product of a matrix (m, k) and a transposed sparse one, (m, n).

    The sparse one is (n, k), in rows or in blocks. `sparse_data` (elements,) or (blocks, rows,
    columns) has the values, `sparse_indices` their columns, or columns of blocks, and
    `sparse_indptr` (n / rows + 1,) where each row, or row of blocks, begins. With `sparse_lhs`
    the result is transposed, (n, m).
    """
    parts = sparse_data, sparse_indices, sparse_indptr
    if sparse_data.ndim == 1:
        return product(*parts, dense_data, True, not sparse_lhs)
    if sparse_data.ndim != 3:
        raise ExpressionError(
            f"expected elements or blocks of two axes for sparse_dense, got {sparse_data.ndim} axes"
        )
    found = _of_blocks(dense_data, *parts)
    return transpose(found) if sparse_lhs else found


def _of_blocks(x: Tensor, data: Tensor, indices: Tensor, indptr: Tensor) -> Tensor:
    m, _ = x.shape
    _, rows, columns = data.shape
    stripes = indptr.shape[0] - 1

    def stripe(i: Expr, block_row: Expr, row: Expr) -> Expr:
        ends = indptr[block_row], indptr[block_row + 1]
        block = te.reduce_axis(ends, name="block")
        column = te.reduce_axis((0, columns), name="column")
        read = x[i, indices[block] * columns + column]
        return te.sum(data[block, row, column] * read, axis=[block, column])

    blocks = te.compute((m, stripes, rows), stripe, name="sparse_blocks")
    return te.compute(
        (m, stripes * rows), lambda i, j: blocks[i, j // rows, j % rows], name="sparse_dense"
    )


def sparse_conv2d(
    dense_data: Tensor, sparse_data: Tensor, sparse_indices: Tensor, sparse_indptr: Tensor,
    layout: str = "NHWC", kernel_size: int = 1,
) -> Tensor:  # fmt: skip
    """The convolution of images by windows of one point, whose weights (co, c) are in blocks.

    `sparse_data` is (blocks, rows, columns), or (blocks, rows) for blocks of one column.
    """
    if kernel_size != 1 or layout not in ("NHWC", "NCHW"):
        raise not_offered(f"sparse_conv2d of {layout} with windows of {kernel_size} points")
    blocks = sparse_data if sparse_data.ndim == 3 else expand_dims(sparse_data, 2)
    last = dense_data if layout == "NHWC" else transpose(dense_data, (0, 2, 3, 1))
    *places, channels = last.shape
    count = prod(places, start=te.const(1, "int64"))
    found = sparse_dense(reshape(last, (count, channels)), blocks, sparse_indices, sparse_indptr)
    image = reshape(found, (*places, found.shape[1]))
    return image if layout == "NHWC" else transpose(image, (0, 3, 1, 2))


def sparse_transpose(
    sparse_data: Tensor, sparse_indices: Tensor, sparse_indptr: Tensor
) -> list[Tensor]:
    """The elements, columns and beginnings of rows of a transposed square matrix in rows."""
    inputs = [sparse_data, sparse_indices, sparse_indptr]
    return _transposed(inputs, [(each.shape, each.dtype) for each in inputs])


def sparse_add(
    dense_data: Tensor, sparse_data: Tensor, sparse_indices: Tensor, sparse_indptr: Tensor
) -> Tensor:
    """The sum of a matrix and a sparse one in rows."""
    inputs = [dense_data, sparse_data, sparse_indices, sparse_indptr]
    return _sum(inputs, [(dense_data.shape, dense_data.dtype)])[0]


@outside
def _transposed(data: Array, indices: Array, indptr: Array) -> list[Array]:
    order = np.argsort(indices, kind="stable")
    counts = np.bincount(indices, minlength=len(indptr) - 1)
    return [data[order], rows_of(indptr)[order], np.concatenate([[0], np.cumsum(counts)])]


@outside
def _sum(x: Array, data: Array, indices: Array, indptr: Array) -> Array:
    found = x.copy()
    np.add.at(found, (rows_of(indptr), indices), data)
    return found
