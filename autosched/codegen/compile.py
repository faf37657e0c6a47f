"""Makes the code of kernels in this process, and the team for their parallel loops."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.plan import plan_text, timed_text
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL, WORKSPACE
from autosched.codegen.llvm.trampoline import trampoline_text
from autosched.codegen.machine import library as llvm
from autosched.codegen.machine import workspace
from autosched.codegen.machine.apart import file_later
from autosched.codegen.machine.linked import LinkedCode
from autosched.codegen.machine.module import CompiledModule, optimised, speed_level
from autosched.disk_cache import kept
from autosched.runtime.code import MachineCode
from autosched.runtime.plan import Plan
from autosched.target.target import Target


def compile_text(text: str, target: Target, imports: Sequence[str] = ()) -> CompiledModule:
    """Optimise the LLVM IR `text` and turn it into machine code, ready to be called.

    `imports` is LLVM IR of users that becomes part of it.
    """
    for name, address in symbols(text.encode()).items():
        llvm.add_symbol(name, address)
    return CompiledModule(optimised(text, target, imports), target, speed_level(text, imports))


def compile_last(text: str, target: Target) -> LinkedCode:
    """Compile `text` after all that `file_later` was asked before, so that nothing runs beside."""
    file = file_later("code", text, target).result()
    return LinkedCode([file], target, symbols=symbols(file))


def link(
    plans: Sequence[Plan], codes: Sequence[MachineCode], target: Target, *, timed: bool = False
) -> LinkedCode:
    """Return the functions of plans, of their fast paths, and of the kernels that they call.

    With `timed` also the functions that measure each call; see `timed_text`.
    """
    text = plan_text(plans) + (timed_text(plans, target.triple) if timed else "")
    for plan in plans:
        text += trampoline_text(plan.signature, plan.name, outputs_are_new=True)
    calls = kept(lambda: file_later("code", text, target).result(), "plan", text, str(target))
    files = [*(file for code in codes for file in code.files), calls]
    releases = [release for code in codes for release in code.releases]
    return LinkedCode(files, target, releases, symbols(*files))


def link_kernel(code: MachineCode, target: Target) -> LinkedCode:
    """Return the functions of a kernel."""
    return LinkedCode(code.files, target, code.releases, symbols(*code.files))


def symbols(*codes: bytes) -> dict[str, int]:
    """Return the addresses of functions of this process that the codes, text or files, call."""
    found = {}
    if any(PARALLEL_SYMBOL.encode() in code for code in codes):
        found[PARALLEL_SYMBOL] = _team()
    if any(WORKSPACE.encode() in code for code in codes):
        found |= workspace.addresses()
    return found


def _team() -> int:
    from autosched.codegen.team.install import address  # serial code does without

    return address()
