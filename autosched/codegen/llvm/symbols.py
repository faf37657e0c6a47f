"""The symbols that generated code refers to.

The text of a kernel has no addresses and no facts about the machine that wrote it: it declares
the functions that it needs, and the loader or the linker finds them. An object file leaves
undefined only `PARALLEL_SYMBOL`, the functions of `C_LIBRARY`, those that LLVM adds, `memcpy`,
`memmove`, `memset`, and functions of libm that the processor lacks, such as `fmod`, and, unless it
is whole, those of `WORKSPACE`.
"""

from __future__ import annotations

PARALLEL_SYMBOL = "autosched.parallel"
"""The C function `(function, context, start, extent, threads)` that runs a parallel loop."""

WORKSPACE = "autosched.workspace"
"""What the names of the functions for working memory begin with."""

RELEASE_SUFFIX = ".release"
"""`NAME.release` of a kernel frees the working memory it keeps between calls."""

LAID_OUT = "laid-out"
"""The attribute of functions whose loops LLVM need not change; see `ModuleState.is_laid_out`."""

C_LIBRARY = {
    "abort": ("void",),
    "aligned_alloc": ("noalias ptr", "i64 allocalign", "i64"),
    "free": ("void", "ptr"),
    "madvise": ("i32", "ptr", "i64", "i32"),
    "perror": ("void", "ptr"),
}
"""The result and the parameters of the C library's functions that kernels call."""
