"""Compiles LLVM text to machine code in this process and to object files, by target machines."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from autosched.codegen.llvm.symbols import LAID_OUT, RELEASE_SUFFIX
from autosched.codegen.machine import library as llvm
from autosched.errors import InternalError
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


def machine(target: Target, speed_level: int = 3) -> llvm.TargetMachine:
    """Return the LLVM target machine that this thread uses for passes, files and assembly.

    Each thread has its own for each target, made at the first call.
    """
    known: dict[tuple[Target, int], llvm.TargetMachine] = vars(_machines).setdefault("known", {})
    if (target, speed_level) not in known:
        known[target, speed_level] = code_machine(target, speed_level)
    return known[target, speed_level]


@cache
def initialise() -> None:
    """Set up LLVM for this machine's architecture, and for processes that are forked.

    A fork waits for the call of LLVM that another thread is in: its locks would stay locked.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()  # for assembly in code that users import
    if hasattr(os, "register_at_fork"):
        lock = llvm.ffi.lib._lock
        leave = partial(lock.__exit__, None, None, None)
        os.register_at_fork(before=lock.__enter__, after_in_parent=leave, after_in_child=leave)


@cache
def _initialise_all() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


class CompiledModule:
    """The machine code of a module. Its addresses are valid as long as this object lives."""

    def __init__(self, module: llvm.ModuleRef, target: Target, speed_level: int = 3):
        self._engine = llvm.create_mcjit_compiler(module, code_machine(target, speed_level))
        self._engine.finalize_object()
        self._module = module
        self._target, self._speed_level = target, speed_level
        for function in module.functions:
            if function.name.endswith(RELEASE_SUFFIX):
                release = ctypes.CFUNCTYPE(None)(self.address(function.name))
                weakref.finalize(self, _release, release, self._engine).atexit = False

    def address(self, name: str) -> int:
        """Return the address of the exported function `name`."""
        address: int = self._engine.get_function_address(name)
        if not address:
            raise InternalError(f"expected a function of the module, got {name!r}")
        return address

    def function(self, name: str, *kinds: Any) -> Callable[..., None]:
        """Return the C function `name`, whose parameters have these ctypes; it owns this module."""
        function = ctypes.CFUNCTYPE(None, *kinds)(self.address(name))
        function.module = self  # type: ignore[attr-defined]
        return function

    def llvm_text(self) -> str:
        """Return the optimised LLVM IR."""
        return str(self._module)

    def asm(self) -> str:
        """Return the machine code as assembly."""
        text: str = machine(self._target, self._speed_level).emit_assembly(self._module)
        return text


def _release(release: Callable[[], None], engine: llvm.ExecutionEngine) -> None:
    """Free the module's workspaces. The reference to `engine` keeps the code alive until then."""
    release()


def compile_quickly(text: str, target: Target) -> CompiledModule:
    """Compile `text` with few passes, in a fifth of the time, if it needs no optimisation.

    The passes move variables to registers and simplify instructions and branches; they change
    no loop.
    """
    return CompiledModule(_simplified(text, target), target)


def quick_file(text: str, target: Target, imports: Sequence[str] = ()) -> bytes:
    """Compile `text` as `compile_quickly` does to an object file to link into a process.

    Instruction selection takes a seventh of the time, and its code is worse.
    """
    assert not imports, "only code of this package needs no optimisation"
    module = _simplified(text, target)
    data: bytes = code_machine(target, speed_level=0).emit_object(module)
    return data


def _simplified(text: str, target: Target) -> llvm.ModuleRef:
    initialise()
    module = parsed(text)
    builder = llvm.create_pass_builder(machine(target), llvm.create_pipeline_tuning_options(0))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
    return module


def object_file(text: str, target: Target, imports: Sequence[str] = ()) -> bytes:
    """Optimise the LLVM IR `text` for any target and return a relocatable object file.

    `imports` is LLVM IR of users that becomes part of it.
    """
    made = object_machine(target)
    data: bytes = made.emit_object(_optimised(text, made, imports))
    return data


def code_file(text: str, target: Target, imports: Sequence[str] = ()) -> bytes:
    """Optimise the LLVM IR `text` and `imports`; return an object file to link into a process."""
    made = machine(target, speed_level(text, imports))
    data: bytes = made.emit_object(_optimised(text, made, imports))
    return data


def packing_file(text: str, target: Target) -> bytes:
    """Return an object file of code that packs constants, once, for a candidate of a search.

    Where few passes do, instructions are selected quickly: it takes half the time, and what is
    mostly loads and stores runs hardly longer.
    """
    made = machine(target, 0 if _is_laid_out(text, ()) else 3)
    data: bytes = made.emit_object(_optimised(text, made, ()))
    return data


MAKERS: dict[str, Callable[..., bytes]] = {"code": code_file, "quick": quick_file}
"""What makes object files to link into a process."""


def speed_level(text: str, imports: Sequence[str] = ()) -> int:
    """Return how much LLVM's code generator is to do for a process's own code, up to 3.

    With level 1 it does not order instructions once more when they have their registers, which
    the processor does.
    """
    return 1 if _is_laid_out(text, imports) else 3


def optimised(text: str, target: Target, imports: Sequence[str] = ()) -> llvm.ModuleRef:
    """Parse `text`, link `imports` to it, and run LLVM's passes on both."""
    return _optimised(text, machine(target), imports)


def _optimised(text: str, made: llvm.TargetMachine, imports: Sequence[str]) -> llvm.ModuleRef:
    module = parsed(text)
    for each in imports:
        other = parsed(each)
        other.triple, other.data_layout = module.triple, module.data_layout
        module.link_in(other)
    options = llvm.create_pipeline_tuning_options(3)
    options.slp_vectorization = False
    builder = llvm.create_pass_builder(made, options)
    if _is_laid_out(text, imports):
        _few_passes().run(module, builder)
        return module
    builder.getModulePassManager().run(module, builder)
    return _with_fenced_pairs(module)


def _is_laid_out(text: str, imports: Sequence[str]) -> bool:
    """Tell whether loops and addresses are as they should be; those of users may not be."""
    return LAID_OUT in text and not imports


def _few_passes() -> llvm.ModulePassManager:
    """Return the passes for code whose loops and addresses are as they should be.

    They move variables to registers, and remove tiles that nothing reads, such as the lanes
    beyond an edge.
    """
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_aggressive_dce_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    return passes


def _with_fenced_pairs(module: llvm.ModuleRef) -> llvm.ModuleRef:
    """Replace `llvm.canonicalize` of two float32 lanes by `llvm.arithmetic.fence`.

    LLVM's loop vectorizer makes such calls, and its code generator for x86-64 ends the process
    on them. After the passes a fence is enough, since nothing is vectorized any more.
    """
    pairs, fence = "@llvm.canonicalize.v2f32", "@llvm.arithmetic.fence.v2f32"
    if not any(f"@{function.name}" == pairs for function in module.functions):
        return module
    return parsed(str(module).replace(pairs, fence))


def parsed(text: str) -> llvm.ModuleRef:
    """Parse `text`, without any pass."""
    try:
        return llvm.parse_assembly(text)
    except RuntimeError as error:
        raise InternalError(f"expected valid LLVM IR, got text LLVM refuses: {error}") from error
