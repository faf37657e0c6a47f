"""The part of `tvm.contrib` that scripts use."""

from autosched.tvm.contrib import cc, clang, nvcc, utils

__all__ = ["cc", "clang", "nvcc", "utils"]
