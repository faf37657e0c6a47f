"""The part of `tvm.contrib` that scripts use."""

from autosched.tvm.contrib import cblas, cc, clang, nvcc, pickle_memoize, utils

__all__ = ["cblas", "cc", "clang", "nvcc", "pickle_memoize", "utils"]
