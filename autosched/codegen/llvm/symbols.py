"""The symbols that tie generated code to what is around it."""

from __future__ import annotations

PARALLEL_SYMBOL = "autosched.parallel"
"""The C function `(function, context, start, extent, threads)` that runs a parallel loop."""

RELEASE_SUFFIX = ".release"
"""`NAME.release` of a kernel frees the working memory it keeps between calls."""
