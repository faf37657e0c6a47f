"""Takes memory out of the caches, so that what a kernel then reads comes from memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.body import Body
from autosched.codegen.llvm.text.module import declaration, definition
from autosched.codegen.machine.module import compile_quickly
from autosched.target.target import Target

LEAST_BYTES = 1 << 16
"""Smaller constants are left in the caches: their kernels take no longer than a clock reading."""


def evict(arrays: Sequence[np.ndarray]) -> None:
    """Take the bytes of contiguous arrays out of all caches.

    Does nothing on processors other than x86, which have no such instruction for every program.
    """
    function = _evict()
    if function is not None:
        for array in arrays:
            function(array.ctypes.data, array.nbytes)


@cache
def _evict() -> Callable[[int, int], None] | None:
    """Return a C function `(address, bytes)` that flushes each line of a range."""
    target = Target.host()
    if not target.triple.startswith("x86_64"):
        return None
    is_ordered = "+clflushopt" not in target.features.split(",")
    flush = "llvm.x86.sse2.clflush" if is_ordered else "llvm.x86.clflushopt"
    body = Body()
    body.open("entry")
    lines = body.let(llvm.binary("udiv", "i64", "%bytes", target.cache_line_bytes))
    with body.repeated(lines) as number:
        offset = body.let(llvm.binary("mul", "i64", number, target.cache_line_bytes))
        place = body.let(llvm.element("i8", "%start", offset))
        body.do(llvm.call("void", flush, [f"ptr {place}"]))
    body.do("fence seq_cst")
    body.ret()
    text = definition("void", "evict", ["ptr %start", "i64 %bytes"], body.lines)
    module = compile_quickly(f"{declaration('void', flush, ['ptr'])}\n{text}", target)
    return module.function("evict", ctypes.c_void_p, ctypes.c_int64)
