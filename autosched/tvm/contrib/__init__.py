"""The part of `tvm.contrib` that scripts use."""

from autosched.tvm.absent import AbsentModule, absent, refusing
from autosched.tvm.contrib import cblas, cc, clang, nvcc, pickle_memoize, tar, utils

__all__ = ["cblas", "cc", "clang", "nvcc", "pickle_memoize", "tar", "utils"]

_ABSENT = absent(
    __name__,
    (
        "cublas", "cudnn", "debugger", "download", "graph_executor", "graph_runtime", "mkl", "ndk",
        "random", "tedd", "xcode",
    ),
)  # fmt: skip


def __getattr__(name: str) -> AbsentModule:
    return _ABSENT[name] if name in _ABSENT else refusing(__name__)(name)
