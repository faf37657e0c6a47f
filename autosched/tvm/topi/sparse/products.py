"""Products with matrices in compressed rows (CSR)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.te.tensor import Tensor
from autosched.tvm.topi.broadcast import add
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.transform.shape import expand_dims

Array = np.ndarray


def csrmv(a: Any, x: Tensor, y: Tensor | None = None) -> Tensor:
    """The product (m, 1) of a sparse matrix `a` and a vector `x` (k, 1), plus `y` (m,)."""
    return csrmm(a, x, y)


def csrmm(a: Any, x: Tensor, y: Tensor | None = None) -> Tensor:
    """The product (m, n) of a sparse matrix `a` and a matrix `x` (k, n), plus `y` (m,)."""
    found = product(a.data, a.indices, a.indptr, x, False, False)
    return found if y is None else add(found, expand_dims(y, 1))


def dense(data: Any, weight: Any, bias: Tensor | None = None) -> Tensor:
    """The product of a matrix (m, k) and a transposed one (n, k), of which one is sparse.

    `bias` (n,) is added to each row.
    """
    if isinstance(weight, Tensor):
        found = product(data.data, data.indices, data.indptr, weight, True, False)
    else:
        found = product(weight.data, weight.indices, weight.indptr, data, True, True)
    return found if bias is None else add(found, bias)


def product(
    data: Tensor, indices: Tensor, indptr: Tensor, x: Tensor, of_rows: bool, transposed: bool
) -> Tensor:
    """The product (m, n) of a sparse matrix and `x` (k, n), or with `of_rows` (n, k).

    `data` has the elements of the matrix, `indices` their columns, and `indptr` (m + 1,) the
    place where each row begins. With `transposed` the result is (n, m).
    """
    m, n = indptr.shape[0] - 1, x.shape[0 if of_rows else 1]
    kind = ((n, m) if transposed else (m, n), data.dtype)
    return _product([data, indices, indptr, x], [kind], of_rows, transposed)[0]


def rows_of(indptr: Array) -> Array:
    """Return the row of each element."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


@outside
def _product(
    data: Array, indices: Array, indptr: Array, x: Array, of_rows: int, transposed: int
) -> Array:
    columns = x.T if of_rows else x
    found = np.zeros((len(indptr) - 1, columns.shape[1]), data.dtype)
    np.add.at(found, rows_of(indptr), data[:, np.newaxis] * columns[indices])
    return found.T if transposed else found
