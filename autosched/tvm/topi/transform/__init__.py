"""Operators that move elements."""

from __future__ import annotations

from autosched.tvm.topi.broadcast import where
from autosched.tvm.topi.transform.diagonals import matrix_set_diag, trilu
from autosched.tvm.topi.transform.indexing import (
    adv_index,
    gather,
    gather_nd,
    one_hot,
    sequence_mask,
    take,
    unravel_index,
)
from autosched.tvm.topi.transform.layout import layout_transform
from autosched.tvm.topi.transform.products import einsum, matmul, tensordot
from autosched.tvm.topi.transform.ranges import arange, meshgrid, ndarray_size, shape
from autosched.tvm.topi.transform.shape import (
    concatenate,
    expand_dims,
    expand_like,
    flip,
    repeat,
    reshape,
    reverse_sequence,
    sliding_window,
    squeeze,
    stack,
    tile,
    transpose,
)
from autosched.tvm.topi.transform.slices import (
    dynamic_strided_slice,
    split,
    strided_set,
    strided_slice,
)

__all__ = [
    "adv_index", "arange", "concatenate", "dynamic_strided_slice", "einsum", "expand_dims",
    "expand_like", "flip", "gather", "gather_nd", "layout_transform", "matmul", "matrix_set_diag",
    "meshgrid", "ndarray_size", "one_hot", "repeat", "reshape", "reverse_sequence",
    "sequence_mask", "shape", "sliding_window", "split", "squeeze", "stack", "strided_set",
    "strided_slice", "take", "tensordot", "tile", "transpose", "trilu", "unravel_index", "where",
]  # fmt: skip
