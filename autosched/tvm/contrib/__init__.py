"""The part of `tvm.contrib` that scripts use."""

from autosched.tvm.contrib import cc, clang, nvcc, pickle_memoize, utils

__all__ = ["cc", "clang", "nvcc", "pickle_memoize", "utils"]
