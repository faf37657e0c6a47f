"""LLVM IR that users import into the code of a kernel, and the C functions that it calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autosched.codegen.llvm.loops.calls import python_arguments, python_symbol
from autosched.codegen.llvm.text.instructions import assigned, call, returned
from autosched.codegen.llvm.text.module import declaration, definition
from autosched.codegen.llvm.text.types import constant, register_type
from autosched.codegen.machine import library as llvm
from autosched.codegen.machine.c_code import llvm_of_c
from autosched.codegen.machine.module import initialise
from autosched.errors import ArgumentError, ExpressionError, TargetError
from autosched.ir.dtype import DType
from autosched.ir.expr import Const, Expr, OutsideCall
from autosched.ir.pragma import ImportedC, ImportedLLVM
from autosched.ir.stmt import CallExternal, Function
from autosched.ir.traverse import iter_stmts, walk
from autosched.runtime.callbacks import address_of
from autosched.runtime.registry import of_c
from autosched.schedule.primitives import Pragma
from autosched.schedule.schedule import Schedule

_ASSEMBLY_SYMBOL = re.compile(r'^module asm "\s*\.globl\s+([\w.$]+)', re.MULTILINE)


def imported(schedule: Schedule) -> tuple[str, ...]:
    """Return the LLVM IR that the pragmas of a schedule import, each once.

    Code of which every function is defined again by what is imported later is left out.
    """
    texts = []
    for step in schedule.trace:
        if isinstance(step, Pragma) and step.key in (ImportedC.key, ImportedLLVM.key):
            code = str(step.value)
            texts.append(llvm_of_c(code) if step.key == ImportedC.key else code)
    kept: list[str] = []
    known: set[str] = set()
    for text in reversed(dict.fromkeys(texts)):
        defined = _defined(text)
        if not defined or not defined <= known:
            kept.insert(0, text)
        known |= defined
    return tuple(kept)


def _defined(text: str) -> set[str]:
    """Return the names of the functions that LLVM IR defines."""
    functions = {each.name for each in _read(text).functions if not each.is_declaration}
    return functions | set(_ASSEMBLY_SYMBOL.findall(text))


def calls(functions: Iterable[Function], language: str) -> list[CallExternal]:
    """Return the calls, as statements, of functions of a language outside, "c" or "python"."""
    return [
        stmt
        for function in functions
        for stmt in iter_stmts(function.body)
        if type(stmt) is CallExternal and stmt.language == language
    ]


def c_functions(functions: Sequence[Function]) -> set[str]:
    """Return the names of the C functions outside that the functions call."""
    inside = (node for function in functions for node in walk(function.body))
    found = {n.function for n in inside if type(n) is OutsideCall and n.language == "c"}
    return found | {each.function for each in calls(functions, "c")}


def install_callbacks(python: Iterable[CallExternal]) -> None:
    """Define the symbols by which code calls functions of Python."""
    for each in python:
        llvm.add_symbol(python_symbol(each), address_of(each.function, python_arguments(each)))


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


def check_calls(names: Iterable[str], imports: Sequence[str]) -> None:
    """Raise ArgumentError if a C function is neither in this process nor in the imported code."""
    wanted = set(names)
    if not wanted:
        return
    for text in imports:
        wanted -= _defined(text)
    for name in sorted(wanted):
        try:
            of_c(name)
        except ArgumentError as error:
            raise ArgumentError(
                error.message,
                hint=f"{error.hint}, or import its code by the pragma import_llvm or import_c",
            ) from None


def llvm_intrinsic(name: str, result: DType, args: Sequence[Expr]) -> str:
    """Return the name of an intrinsic of LLVM with the types that it is for.

    Raises ExpressionError if LLVM has none with this name for these arguments; some of an
    intrinsic must be constants.
    """
    kinds = [register_type(arg.dtype) for arg in args]
    kind = register_type(result)
    params = [f"{each} %a{number}" for number, each in enumerate(kinds)]
    given = [
        f"{register_type(arg.dtype)} {constant(arg.value, arg.dtype)}"
        if type(arg) is Const
        else param
        for arg, param in zip(args, params, strict=True)
    ]
    body = [assigned("%r", call(kind, name, given)), returned(kind, "%r")]
    text = "\n".join([declaration(kind, name, kinds), definition(kind, "probe", params, body)])
    initialise()
    reason = "there is none with this name"
    try:
        module = llvm.parse_assembly(text)
        module.verify()
        found = next(each for each in module.functions if each.name != "probe")
        if list(found.attributes):  # those of LLVM's own functions
            return str(found.name)
    except RuntimeError as error:
        reason = (str(error).strip().splitlines() or [reason])[0]
    raise ExpressionError(
        f"expected an intrinsic of LLVM from ({', '.join(kinds)}) to {kind}, got {name}",
        hint=f"LLVM says: {reason}",
    )
