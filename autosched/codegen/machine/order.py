"""The order of instructions, which LLVM's scheduler changes before registers are given.

Its option belongs to the process, in which others may use LLVM: their calls wait while it is off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from autosched.codegen.machine import library as llvm

_OPTION = "-enable-misched"


@contextmanager
def as_written(is_so: bool) -> Iterator[None]:
    """Within, LLVM leaves instructions about as the text has them, if this `is_so`."""
    if not is_so:
        yield
        return
    with llvm.ffi.lib._lock:
        llvm.set_option("", f"{_OPTION}=false")
        try:
            yield
        finally:
            llvm.set_option("", f"{_OPTION}=true")
