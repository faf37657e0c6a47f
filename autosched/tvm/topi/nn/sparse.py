"""Products with sparse matrices."""

from __future__ import annotations

from autosched import te
from autosched.errors import not_offered
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


def sparse_dense(
    dense_data: Tensor,
    sparse_data: Tensor,
    sparse_indices: Tensor,
    sparse_indptr: Tensor,
    sparse_lhs: bool = False,
) -> Tensor:
    """Return the product of a matrix (m, k) and a transposed sparse one, (m, n).

    The sparse one is (n, k), in blocks: `sparse_data` (blocks, rows, columns) has their values,
    `sparse_indices` (blocks,) their columns of blocks, and `sparse_indptr` (n / rows + 1,) where
    the blocks of each row of blocks begin.
    """
    if sparse_lhs or len(sparse_data.shape) != 3:
        raise not_offered("topi.nn.sparse_dense of a sparse left side, or one without blocks")
    m, _ = dense_data.shape
    _, rows, columns = sparse_data.shape
    stripes = sparse_indptr.shape[0] - 1

    def stripe(i: Expr, block_row: Expr, row: Expr) -> Expr:
        ends = sparse_indptr[block_row], sparse_indptr[block_row + 1]
        block = te.reduce_axis(ends, name="block")
        column = te.reduce_axis((0, columns), name="column")
        read = dense_data[i, sparse_indices[block] * columns + column]
        return te.sum(sparse_data[block, row, column] * read, axis=[block, column])

    blocks = te.compute((m, stripes, rows), stripe, name="sparse_blocks")
    return te.compute(
        (m, stripes * rows), lambda i, j: blocks[i, j // rows, j % rows], name="sparse_dense"
    )
