"""The code of kernels in this process, with the team that their parallel loops run on."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.machine.linked import LinkedCode
from autosched.codegen.machine.module import CompiledModule, code_file, optimised
from autosched.runtime.code import MachineCode
from autosched.target.target import Target


def compile_text(text: str, target: Target) -> CompiledModule:
    """Optimise the LLVM IR `text` and turn it into machine code, ready to be called."""
    if PARALLEL_SYMBOL in text:
        _install_team()
    return CompiledModule(optimised(text, target), target)


def link(codes: Sequence[MachineCode], text: str, target: Target) -> LinkedCode:
    """Link kernels with the LLVM IR `text` that calls them, ready to be called."""
    if any(PARALLEL_SYMBOL.encode() in code.file for code in codes):
        _install_team()
    files = [code.file for code in codes] + [code_file(text, target)] * bool(text)
    return LinkedCode(files, target, [code.release for code in codes if code.release])


def _install_team() -> None:
    from autosched.codegen.team.install import install  # serial code does without

    install()
