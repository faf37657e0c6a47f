"""The part of `tvm.contrib` that scripts use."""

from autosched.tvm.absent import absent, refusing
from autosched.tvm.contrib import cblas, cc, clang, nvcc, pickle_memoize, tar, utils

__all__ = ["cblas", "cc", "clang", "nvcc", "pickle_memoize", "tar", "utils"]

absent(
    __name__,
    (
        "cublas", "cudnn", "debugger", "download", "graph_executor", "graph_runtime", "mkl", "ndk",
        "random", "rocm", "spirv", "tedd", "xcode",
    ),
)  # fmt: skip


__getattr__ = refusing(__name__)
