"""The names of `tvm.topi.sparse`: products with sparse matrices."""

from __future__ import annotations

from autosched.tvm.topi.sparse import utils
from autosched.tvm.topi.sparse.products import csrmm, csrmv, dense

__all__ = [
    "csrmm", "csrmv", "dense", "utils",
]  # fmt: skip
