"""The part of `tvm.contrib` that scripts use."""

from autosched.tvm.absent import AbsentModule, absent
from autosched.tvm.contrib import cblas, cc, clang, nvcc, pickle_memoize, utils

__all__ = ["cblas", "cc", "clang", "nvcc", "pickle_memoize", "utils"]

_ABSENT = absent(
    __name__,
    (
        "cublas", "cudnn", "debugger", "download", "graph_executor", "graph_runtime", "mkl", "ndk",
        "random", "tar", "tedd", "xcode",
    ),
)  # fmt: skip


def __getattr__(name: str) -> AbsentModule:
    if name in _ABSENT:
        return _ABSENT[name]
    raise AttributeError(f"module 'autosched.tvm.contrib' has no attribute {name!r}")
