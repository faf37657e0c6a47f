"""LLVM IR that users import into the code of a kernel, and the C functions that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import llvmlite.binding as llvm

from autosched.codegen.llvm.loops.calls import python_arguments, python_symbol
from autosched.codegen.machine.c_code import llvm_of_c
from autosched.codegen.machine.module import initialise
from autosched.errors import ArgumentError, TargetError
from autosched.ir.pragma import ImportedC, ImportedLLVM
from autosched.ir.stmt import CallExternal, Function
from autosched.ir.traverse import iter_stmts
from autosched.runtime.callbacks import address_of
from autosched.runtime.registry import of_c
from autosched.schedule.state import ScheduleState

_ASSEMBLY_SYMBOL = re.compile(r'^module asm "\s*\.globl\s+([\w.$]+)', re.MULTILINE)


def imported(schedule: ScheduleState) -> tuple[str, ...]:
    """Return the LLVM IR that the pragmas of a schedule import, each once."""
    texts: dict[str, None] = {}
    for stage in schedule.stages:
        for pragma in (each for given in stage.pragmas.values() for each in given):
            if type(pragma) is ImportedC:
                texts[llvm_of_c(pragma.value)] = None
            elif type(pragma) is ImportedLLVM:
                texts[pragma.value] = None
    return tuple(texts)


def calls(functions: Iterable[Function], language: str) -> list[CallExternal]:
    """Return the calls of functions of a language outside, "c" or "python"."""
    return [
        stmt
        for function in functions
        for stmt in iter_stmts(function.body)
        if type(stmt) is CallExternal and stmt.language == language
    ]


def install_callbacks(python: Iterable[CallExternal]) -> None:
    """Define the symbols by which code calls functions of Python."""
    for call in python:
        llvm.add_symbol(python_symbol(call), address_of(call.function, python_arguments(call)))


def _read(text: str) -> llvm.ModuleRef:
    """Return the module of LLVM IR that a user wrote. Raises TargetError."""
    initialise()
    try:
        return llvm.parse_assembly(text)
    except RuntimeError as error:
        first = (str(error).strip().splitlines() or ["no message"])[-1]
        raise TargetError(
            f"expected LLVM IR of LLVM {llvm.llvm_version_info[0]} to import, got {first}"
        ) from None


def check_calls(c: Iterable[CallExternal], imports: Sequence[str]) -> None:
    """Raise ArgumentError if a C function is neither in this process nor in the imported code."""
    wanted = {call.function for call in c}
    if not wanted:
        return
    for text in imports:
        wanted -= {each.name for each in _read(text).functions if not each.is_declaration}
        wanted -= set(_ASSEMBLY_SYMBOL.findall(text))
    for name in sorted(wanted):
        try:
            of_c(name)
        except ArgumentError as error:
            raise ArgumentError(
                error.message,
                hint=f"{error.hint}, or import its code by the pragma import_llvm or import_c",
            ) from None
