"""Sparse matrices in compressed rows (CSR): `tvm.contrib.sparse`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autosched import te
from autosched.errors import not_offered
from autosched.te.tensor import Tensor
from autosched.tvm import nd
from autosched.tvm.device import Device, cpu

ITYPE = "int32"
"""The dtype of columns and of beginnings of rows."""


@dataclass(frozen=True, eq=False)
class CSRNDArray:
    """A matrix of `shape`: its elements, their columns, and the place where each row begins."""

    data: nd.NDArray
    indices: nd.NDArray
    indptr: nd.NDArray
    shape: tuple[int, int]
    stype: str = "csr"

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    def numpy(self) -> np.ndarray:
        """Return the whole matrix."""
        data, indices, indptr = (a.numpy() for a in (self.data, self.indices, self.indptr))
        found = np.zeros(self.shape, data.dtype)
        found[np.repeat(np.arange(self.shape[0]), np.diff(indptr)), indices] = data
        return found

    asnumpy = numpy


@dataclass(frozen=True, eq=False)
class CSRPlaceholder:
    """A sparse matrix as an input: placeholders of its parts."""

    data: Tensor
    indices: Tensor
    indptr: Tensor
    shape: tuple[Any, Any]
    stype: str = "csr"

    @property
    def dtype(self) -> Any:
        return self.data.dtype


def array(arg1: Any, device: Device | None = None, stype: str = "csr") -> CSRNDArray:
    """Return the matrix of an array of two axes, without its zeros."""
    _check(stype)
    matrix = np.asarray(arg1)
    rows, columns = np.nonzero(matrix)
    counts = np.bincount(rows, minlength=len(matrix))
    starts = np.concatenate([[0], np.cumsum(counts)])
    parts = matrix[rows, columns], columns.astype(ITYPE), starts.astype(ITYPE)
    made = [nd.array(part, device or cpu()) for part in parts]
    return CSRNDArray(made[0], made[1], made[2], (matrix.shape[0], matrix.shape[1]))


def placeholder(
    shape: Any, nonzeros: Any = None, dtype: Any = None, name: str = "placeholder",
    stype: str = "csr",
) -> CSRPlaceholder:  # fmt: skip
    """Return a sparse matrix as an input, of `nonzeros` elements."""
    _check(stype)
    rows, columns = shape
    count = te.var(f"{name}_nonzeros") if nonzeros is None else nonzeros
    return CSRPlaceholder(
        te.placeholder((count,), dtype or "float32", name=f"{name}_data"),
        te.placeholder((count,), ITYPE, name=f"{name}_indices"),
        te.placeholder((rows + 1,), ITYPE, name=f"{name}_indptr"),
        (rows, columns),
    )


def _check(stype: str) -> None:
    if stype != "csr":
        raise not_offered(f"tvm.contrib.sparse of the format {stype}")
