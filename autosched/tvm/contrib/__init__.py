"""The part of `tvm.contrib` that scripts use."""

from autosched.tvm.contrib import cc, utils

__all__ = ["cc", "utils"]
