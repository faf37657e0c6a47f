"""The code of kernels in this process, with the team that their parallel loops run on."""

from __future__ import annotations

from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.machine.module import CompiledModule, optimised
from autosched.target.target import Target


def compile_text(text: str, target: Target) -> CompiledModule:
    """Optimise the LLVM IR `text` and turn it into machine code, ready to be called."""
    if PARALLEL_SYMBOL in text:
        from autosched.codegen.team.install import install  # serial code does without

        install()
    return CompiledModule(optimised(text, target), target)
