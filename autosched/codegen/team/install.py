"""Compiles the team into this process and makes its entry point known to kernels."""

from __future__ import annotations

import ctypes
import os
import threading

import llvmlite.binding as llvm

from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.machine.module import CompiledModule, compile_quickly
from autosched.codegen.native.function import linked_text
from autosched.codegen.team.members import parallel, reset, serve
from autosched.codegen.team.text import primitives_text
from autosched.config import Settings
from autosched.target.target import Target

_installed: list[CompiledModule] = []
"""The compiled module; it is never freed, since threads run it until the process ends."""

_lock = threading.Lock()


def install() -> None:
    """Define `PARALLEL_SYMBOL` for LLVM; no thread starts before the first parallel loop."""
    with _lock:
        if not _installed:
            _installed.append(_module())


def _module() -> CompiledModule:
    spin_ns = Settings.from_environment().thread_wait_us * 1000
    target = Target.host()
    text = primitives_text(target.triple, parallel.name, serve.name, reset.name)
    module = compile_quickly(linked_text([parallel, serve, reset], text), target, speed_level=0)
    begin_anew = ctypes.CFUNCTYPE(None, ctypes.c_int64)(module.address(f"{PARALLEL_SYMBOL}.reset"))
    begin_anew(spin_ns)
    # A process that is forked has none of the threads, and a loop may have been under way.
    os.register_at_fork(after_in_child=lambda: begin_anew(spin_ns))
    llvm.add_symbol(PARALLEL_SYMBOL, module.address(PARALLEL_SYMBOL))
    return module
