"""LLVM text to machine code in this process."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Callable
from functools import cache

import llvmlite.binding as llvm

from autosched.codegen.llvm.workspace import RELEASE
from autosched.codegen.team.layout import SYMBOL
from autosched.errors import InternalError
from autosched.target.target import Target


class CompiledModule:
    """The machine code of a module; its addresses hold as long as this lives."""

    def __init__(self, engine: llvm.ExecutionEngine, module: llvm.ModuleRef, target: Target):
        self._engine = engine
        self._module = module
        for function in module.functions:
            if function.name.endswith(RELEASE):
                release = ctypes.CFUNCTYPE(None)(engine.get_function_address(function.name))
                weakref.finalize(self, _release, release, engine).atexit = False
        self._target = target

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
        text: str = _machine(self._target).emit_assembly(self._module)
        return text

    def object_bytes(self) -> bytes:
        """The machine code as a relocatable object file."""
        data: bytes = _machine(self._target).emit_object(self._module)
        return data


def _release(release: Callable[[], None], engine: llvm.ExecutionEngine) -> None:
    """Free the module's workspaces; holding the engine keeps the code until then."""
    release()


class LoadedObject:
    """An object file that was linked into this process."""

    def __init__(self, engine: llvm.ExecutionEngine):
        self._engine = engine

    def address(self, name: str) -> int:
        """The address of the exported function `name`."""
        address: int = self._engine.get_function_address(name)
        if not address:
            raise InternalError(f"expected a function of the object, got {name!r}")
        return address


def compile_text(text: str, target: Target, speed_level: int = 3) -> CompiledModule:
    """Optimise the LLVM IR `text` and turn it into machine code, ready to be called."""
    _provide_for(SYMBOL in text)
    return _engine(optimised(text, target, speed_level), target)


def compile_quickly(text: str, target: Target, speed_level: int = 3) -> CompiledModule:
    """As `compile_text`, with few passes: a fifth of the time, for code that says what it means.

    Variables become registers and what is obvious is folded; no loop is touched. At speed level
    0 instructions are chosen in a seventh of the time, and not well.
    """
    _initialise()
    module = _parsed(text)
    builder = llvm.create_pass_builder(_machine(target), llvm.create_pipeline_tuning_options(0))
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
    return _engine(module, target, speed_level)


def compile_object(text: str, target: Target, speed_level: int = 3) -> bytes:
    """Optimise the LLVM IR `text` and turn it into a relocatable object file."""
    data: bytes = _machine(target).emit_object(optimised(text, target, speed_level))
    return data


def load_object(data: bytes, target: Target) -> LoadedObject:
    """Link an object file of `compile_object` into this process."""
    _initialise()
    _provide_for(SYMBOL.encode() in data)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _new_machine(target))
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(data))
    engine.finalize_object()
    return LoadedObject(engine)


def optimised(text: str, target: Target, speed_level: int = 3) -> llvm.ModuleRef:
    """The module of `text` after LLVM's passes."""
    _initialise()
    module = _parsed(text)
    options = llvm.create_pipeline_tuning_options(speed_level)
    options.slp_vectorization = False
    builder = llvm.create_pass_builder(_machine(target), options)
    builder.getModulePassManager().run(module, builder)
    return module


def _parsed(text: str) -> llvm.ModuleRef:
    try:
        return llvm.parse_assembly(text)
    except RuntimeError as error:
        raise InternalError(f"expected valid LLVM IR, got text LLVM refuses: {error}") from error


def _engine(module: llvm.ModuleRef, target: Target, speed_level: int = 3) -> CompiledModule:
    engine = llvm.create_mcjit_compiler(module, _new_machine(target, speed_level))
    engine.finalize_object()
    return CompiledModule(engine, module, target)


def _provide_for(parallel: bool) -> None:
    """Have the team at hand for code that has parallel loops."""
    if parallel:
        from autosched.codegen.team.install import install  # it is itself compiled here

        install()


@cache
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


class _Machines(threading.local):
    """The machines of one thread."""

    def __init__(self) -> None:
        self.of: dict[Target, llvm.TargetMachine] = {}


_machines = _Machines()


def _machine(target: Target) -> llvm.TargetMachine:
    """A machine of this thread for passes and for emission; an engine takes its own away."""
    known = _machines.of
    if target not in known:
        known[target] = _new_machine(target)
    return known[target]


def _new_machine(target: Target, speed_level: int = 3) -> llvm.TargetMachine:
    _initialise()
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu,
        features=target.features,
        opt=speed_level,
        reloc="static",
        codemodel="large",  # a process of gigabytes may keep code far from its constants
        jit=True,
    )
