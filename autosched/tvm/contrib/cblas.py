"""Products of matrices by NumPy, under the names of TVM's CBLAS."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.ir.build import const
from autosched.ir.stmt import CallExternal
from autosched.runtime import registry
from autosched.te.extern import extern
from autosched.te.tensor import Tensor

MATMUL = "tvm.contrib.cblas.matmul"


def _product(
    lhs: np.ndarray, rhs: np.ndarray, out: np.ndarray, transa: Any = False, transb: Any = False
) -> None:
    np.matmul(lhs.T if transa else lhs, rhs.T if transb else rhs, out=out)


registry.register(MATMUL, _product, override=True)


def matmul(lhs: Tensor, rhs: Tensor, transa: bool = False, transb: bool = False) -> Tensor:
    """Return the product of two matrices, each transposed before if that is asked for."""
    rows, columns = lhs.shape[1 if transa else 0], rhs.shape[0 if transb else 1]
    flags = const(int(transa)), const(int(transb))
    product: Tensor = extern(
        (rows, columns),
        [lhs, rhs],
        lambda ins, outs: CallExternal(MATMUL, (*ins, *outs, *flags)),
        name="C",
    )
    return product
