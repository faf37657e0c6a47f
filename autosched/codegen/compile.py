"""Makes the code of kernels in this process, and the team for their parallel loops."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.plan import plan_text, timed_text
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.llvm.trampoline import trampoline_text
from autosched.codegen.machine.linked import LinkedCode
from autosched.codegen.machine.module import CompiledModule, code_file, optimised
from autosched.runtime.code import MachineCode
from autosched.runtime.plan import Plan
from autosched.target.target import Target


def compile_text(text: str, target: Target, imports: Sequence[str] = ()) -> CompiledModule:
    """Optimise the LLVM IR `text` and turn it into machine code, ready to be called.

    `imports` is LLVM IR of users that becomes part of it.
    """
    if PARALLEL_SYMBOL in text:
        _install_team()
    return CompiledModule(optimised(text, target, imports), target)


def link(
    plans: Sequence[Plan], codes: Sequence[MachineCode], target: Target, *, timed: bool = False
) -> LinkedCode:
    """Return the functions of plans, of their fast paths, and of the kernels that they call.

    With `timed` also the functions that measure each call; see `timed_text`.
    """
    if any(PARALLEL_SYMBOL.encode() in code.file for code in codes):
        _install_team()
    text = plan_text(plans) + (timed_text(plans, target.triple) if timed else "")
    for plan in plans:
        text += trampoline_text(plan.signature, plan.name, outputs_are_new=True)
    files = [*(code.file for code in codes), code_file(text, target)]
    return LinkedCode(files, target, [code.release for code in codes if code.release])


def _install_team() -> None:
    from autosched.codegen.team.install import install  # serial code does without

    install()
