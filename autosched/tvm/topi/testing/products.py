"""Products of matrices by NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray


def dense(
    x: Array, y: Array, bias: Any, use_bias: bool = False, use_relu: bool = False,
    out_dtype: Any = None,
) -> Array:  # fmt: skip
    """Return the rows of `x` times the rows of `y`."""
    found = x.astype(out_dtype or x.dtype) @ y.astype(out_dtype or x.dtype).T
    found = found + bias if use_bias else found
    return np.maximum(found, 0) if use_relu else found


def batch_matmul(
    x: Array, y: Array, out_dtype: Any = None, trans_x: bool = False, trans_y: bool = True
) -> Array:
    """Return the products of the matrices of a batch; a batch of one counts for all."""
    kind = out_dtype or x.dtype
    left = x.swapaxes(1, 2) if trans_x else x
    right = y.swapaxes(1, 2) if trans_y else y
    return left.astype(kind) @ right.astype(kind)
