"""Sparse matrices of blocks, for scripts of TVM."""

from __future__ import annotations

from autosched.tvm.topi.sparse import utils

__all__ = [
    "utils",
]  # fmt: skip
