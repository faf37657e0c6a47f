"""LLVM text to machine code in this process, and to object files."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable

import llvmlite.binding as llvm

from autosched.codegen.llvm.symbols import RELEASE_SUFFIX
from autosched.codegen.machine.target_machine import (
    code_machine,
    initialise,
    machine,
    object_machine,
)
from autosched.errors import InternalError
from autosched.target.target import Target


class CompiledModule:
    """The machine code of a module; its addresses hold as long as this lives."""

    def __init__(self, module: llvm.ModuleRef, target: Target, speed_level: int = 3):
        self._engine = llvm.create_mcjit_compiler(module, code_machine(target, speed_level))
        self._engine.finalize_object()
        self._module = module
        self._target = target
        for function in module.functions:
            if function.name.endswith(RELEASE_SUFFIX):
                release = ctypes.CFUNCTYPE(None)(self.address(function.name))
                weakref.finalize(self, _release, release, self._engine).atexit = False

    def address(self, name: str) -> int:
        """The address of the exported function `name`."""
        address: int = self._engine.get_function_address(name)
        if not address:
            raise InternalError(f"expected a function of the module, got {name!r}")
        return address

    def llvm_text(self) -> str:
        """The optimised LLVM IR."""
        return str(self._module)

    def asm(self) -> str:
        """The machine code as assembly."""
        text: str = machine(self._target).emit_assembly(self._module)
        return text


def _release(release: Callable[[], None], engine: llvm.ExecutionEngine) -> None:
    """Free the module's workspaces; holding the engine keeps the code until then."""
    release()


def compile_quickly(text: str, target: Target, speed_level: int = 3) -> CompiledModule:
    """Compile `text` with few passes: a fifth of the time, for code that says what it means.

    Variables become registers and what is obvious is folded; no loop is touched. At speed level
    0 instructions are chosen in a seventh of the time, and not well.
    """
    initialise()
    module = parsed(text)
    builder = llvm.create_pass_builder(machine(target), llvm.create_pipeline_tuning_options(0))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
    return CompiledModule(module, target, speed_level)


def object_file(text: str, target: Target) -> bytes:
    """Optimise the LLVM IR `text` for any target and return a relocatable object file."""
    made = object_machine(target)
    data: bytes = made.emit_object(_optimised(text, made))
    return data


def optimised(text: str, target: Target) -> llvm.ModuleRef:
    """The module of `text` after LLVM's passes."""
    return _optimised(text, machine(target))


def _optimised(text: str, made: llvm.TargetMachine) -> llvm.ModuleRef:
    module = parsed(text)
    options = llvm.create_pipeline_tuning_options(3)
    options.slp_vectorization = False
    builder = llvm.create_pass_builder(made, options)
    builder.getModulePassManager().run(module, builder)
    return _with_fenced_pairs(module)


def _with_fenced_pairs(module: llvm.ModuleRef) -> llvm.ModuleRef:
    """Fence pairs of float32 that vectorizing a loop has left to be canonicalized.

    LLVM ends the process where x86-64 has to canonicalize two lanes. After the passes nothing
    is vectorized any more, so a fence does.
    """
    pairs, fence = "@llvm.canonicalize.v2f32", "@llvm.arithmetic.fence.v2f32"
    if not any(f"@{function.name}" == pairs for function in module.functions):
        return module
    return parsed(str(module).replace(pairs, fence))


def parsed(text: str) -> llvm.ModuleRef:
    """The module of `text`, before any pass."""
    try:
        return llvm.parse_assembly(text)
    except RuntimeError as error:
        raise InternalError(f"expected valid LLVM IR, got text LLVM refuses: {error}") from error
