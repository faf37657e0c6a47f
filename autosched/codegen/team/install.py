"""Makes the team of this process, whose entry point kernels call."""

from __future__ import annotations

import ctypes
import os
import threading

from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.machine.apart import file_later
from autosched.codegen.machine.linked import LinkedCode
from autosched.codegen.native.function import linked_text
from autosched.codegen.team.members import parallel, reset, serve
from autosched.codegen.team.text import primitives_text
from autosched.config import Settings
from autosched.disk_cache import kept
from autosched.target.target import Target

_installed: list[LinkedCode] = []
"""The team's code; it is never freed, since threads run it until the process ends."""

_lock = threading.Lock()


def address() -> int:
    """Return the address of `PARALLEL_SYMBOL`; no thread starts before the first parallel loop."""
    with _lock:
        if not _installed:
            _installed.append(_code())
    return _installed[0].address(PARALLEL_SYMBOL)


def _code() -> LinkedCode:
    spin_ns = Settings.from_environment().thread_wait_us * 1000
    target = Target.host()
    code = LinkedCode([kept(lambda: _file(target), "team", str(target))], target)
    begin_anew = ctypes.CFUNCTYPE(None, ctypes.c_int64)(code.address(f"{PARALLEL_SYMBOL}.reset"))
    begin_anew(spin_ns)
    # A process that is forked has none of the threads, and a loop may have been under way.
    os.register_at_fork(after_in_child=lambda: begin_anew(spin_ns))
    return code


def _file(target: Target) -> bytes:
    text = primitives_text(target.triple, parallel.name, serve.name, reset.name)
    return file_later("quick", linked_text([parallel, serve, reset], text), target).result()
