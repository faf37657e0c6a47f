"""Makes LLVM's target machines for code in this process and for object files."""

from __future__ import annotations

import threading
from functools import cache

import llvmlite.binding as llvm

from autosched.target.target import Target


def code_machine(target: Target, speed_level: int = 3) -> llvm.TargetMachine:
    """Make a target machine for code that is linked into this process.

    An execution engine takes ownership of it.
    """
    initialise()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu,
        features=target.features,
        opt=speed_level,
        reloc="static",
        codemodel="large",  # a process of gigabytes may keep code far from its constants
        jit=True,
    )


def object_machine(target: Target) -> llvm.TargetMachine:
    """Make a target machine for position-independent object files, for any target of LLVM."""
    _initialise_all()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu, features=target.features, opt=3, reloc="pic", codemodel="default"
    )


_machines = threading.local()


def machine(target: Target) -> llvm.TargetMachine:
    """Return the LLVM target machine that this thread uses for passes and assembly.

    Each thread has its own for each target, made at the first call.
    """
    known: dict[Target, llvm.TargetMachine] = vars(_machines).setdefault("known", {})
    if target not in known:
        known[target] = code_machine(target)
    return known[target]


@cache
def initialise() -> None:
    """Set up LLVM for this machine's architecture."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@cache
def _initialise_all() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
