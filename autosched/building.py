"""Building: a schedule and a target become a kernel.

Computations on constant inputs alone, such as the packing of weights, are compiled into a second
function, `prepare`, which a bound kernel runs once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autosched.codegen.compile import compile_text, link_kernel
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.codegen.llvm.symbols import RELEASE_SUFFIX
from autosched.codegen.llvm.trampoline import (
    has_trampoline,
    trampoline_symbol,
    trampoline_text,
)
from autosched.codegen.machine.apart import file_later
from autosched.codegen.machine.imports import (
    c_functions,
    calls,
    check_calls,
    imported,
    install_callbacks,
)
from autosched.codegen.machine.module import CompiledModule
from autosched.ir.expr import Buffer, Load, Var
from autosched.ir.stmt import Allocate, CallExternal, Function, Store, block
from autosched.ir.traverse import free_vars, iter_stmts, walk
from autosched.lowering.checks import Check
from autosched.lowering.lower import Nests, RootNest, check_name, lower_nests, together
from autosched.passes import pipeline
from autosched.runtime.code import PREPARE_SUFFIX, MachineCode
from autosched.runtime.kernel import CallingKernel, Kernel
from autosched.runtime.signature import IndexCheck, Signature
from autosched.runtime.steps import StepKernel
from autosched.schedule.schedule import Schedule
from autosched.stepwise import build_steps, calls_functions, dim_of, param_of
from autosched.target.probe import memory_bytes
from autosched.target.target import Target
from autosched.te.bounds import OutOfRange
from autosched.te.tensor import PlaceholderOp, Tensor


@dataclass(frozen=True, slots=True)
class Parts:
    """The nests of a kernel before any pass, and the signature for its callers.

    `roots` run in each call, `params` are the parameters of their code. `prepare` is the function
    of those that depend on constants alone, if there are any.
    """

    nests: Nests
    roots: list[RootNest]
    params: tuple[Buffer, ...]
    prepare: Function | None
    signature: Signature
    imports: tuple[str, ...] = ()
    """LLVM IR that the schedule imports."""

    @property
    def main(self) -> Function:
        nests = self.nests
        body = together(self.roots, nests.checks)
        outputs = (*nests.outputs, *nests.faults)
        return Function(self.signature.name, self.params, outputs, nests.sizes, body)

    @property
    def program(self) -> Program:
        """The same as functions, before any pass."""
        return Program(self.main, self.prepare, self.signature, self.imports)


@dataclass(frozen=True, slots=True)
class Program:
    """The functions of a kernel, and the signature for its callers."""

    main: Function
    prepare: Function | None
    signature: Signature
    imports: tuple[str, ...] = ()

    @property
    def functions(self) -> list[Function]:
        return [self.main] if self.prepare is None else [self.main, self.prepare]


def lower_program(
    schedule: Schedule,
    args: Sequence[Tensor | Var],
    target: Target,
    name: str = "main",
    bounds: OutOfRange = "check",
    twice: int | None = None,
) -> Program:
    """Lower `schedule` and run every pass; nests of constants alone are in `prepare`.

    The nest number `twice` of `repeatable` runs once more, so that a clock tells its time.
    """
    return after_passes(lower_parts(schedule, args, name, bounds, twice), target)


def after_passes(parts: Parts, target: Target) -> Program:
    """Return the program of these nests."""
    prepare = None if parts.prepare is None else pipeline.run(parts.prepare, target)
    return Program(pipeline.run(parts.main, target), prepare, parts.signature, parts.imports)


def lower_parts(
    schedule: Schedule,
    args: Sequence[Tensor | Var],
    name: str = "main",
    bounds: OutOfRange = "check",
    twice: int | None = None,
) -> Parts:
    """Lower `schedule` as `lower_program` does, without passes."""
    check_name(name)
    nests = lower_nests(schedule, args, bounds)
    bindable = _bindable(nests, args)
    constants, ready = _constant_part(nests, bindable)
    packed = tuple(buffer for root in ready for buffer in root.buffers)
    direct = tuple(buffer for buffer in nests.params if buffer not in constants)
    rest = [root for root in nests.roots if root not in ready]
    if twice is not None:
        again = replace(rest[twice], buffers=[], checks=[])
        rest.insert(twice + 1, again)
    faults = nests.faults
    prepare = None
    if ready:
        packing = [replace(root, buffers=[]) for root in ready]
        prepare = Function(
            name + PREPARE_SUFFIX,
            (*constants, *packed, *faults),
            (*packed, *faults),
            nests.sizes,
            together(packing, nests.checks),
        )
    outputs = set(nests.outputs)
    signature = Signature(
        name,
        tuple(param_of(buffer, buffer in outputs) for buffer in nests.params),
        tuple(size.name for size in nests.sizes),
        tuple(buffer.name for buffer in constants),
        tuple(param_of(buffer, True) for buffer in packed),
        tuple(buffer.name for buffer in bindable),
        tuple(map(_index_check, nests.checks.all)),
    )
    params = (*direct, *packed, *faults)
    return Parts(nests, rest, params, prepare, signature, imported(schedule))


def repeatable(schedule: Schedule, args: Sequence[Tensor | Var]) -> list[str]:
    """Return the stages of the nests that a call runs one after the other."""
    nests = lower_nests(schedule, args)
    _, ready = _constant_part(nests, _bindable(nests, args))
    return [root.stage.name for root in nests.roots if root not in ready]


def build_schedule(
    schedule: Schedule,
    args: Sequence[Tensor | Var],
    target: Target,
    *,
    threads: int = 0,
    name: str = "main",
    bounds: OutOfRange = "check",
) -> Kernel | StepKernel:
    """Return a kernel that runs `schedule` on `target`; `threads` 0 means every core.

    `bounds` says what a call does at an index from data outside of its tensor: raise an
    ArgumentError that names it, with "check"; read the nearest element, with "clamp"; read
    whatever memory lies there, with "trust". With calls of functions outside, the kernel is one
    in steps.
    """
    if calls_functions(schedule):
        return build_steps(schedule, args, target, threads=threads, name=name, bounds=bounds)
    program = lower_program(schedule, args, target, name, bounds)
    return build_program(program, target, threads=threads)


def build_program(program: Program, target: Target, *, threads: int = 0) -> Kernel:
    """Return the kernel of a program, with a fast path for calls from Python if it can have one."""
    text = program_text(program, target, threads=threads)
    if not has_trampoline(program.signature):
        return load(program, compile_text(text, target, program.imports))
    text += trampoline_text(program.signature, program.main.name)
    module = compile_text(text, target, program.imports)
    return load(program, module, module.address(trampoline_symbol(program.signature)))


def machine_code(
    schedule: Schedule,
    args: Sequence[Tensor | Var],
    target: Target,
    *,
    threads: int,
    name: str,
) -> MachineCode:
    """The code of a kernel as data, to be linked with other code."""
    program = lower_program(schedule, args, target, name)
    text = program_text(program, target, threads=threads)
    file = file_later("code", text, target, program.imports)
    releases = [each for f in program.functions for each in release_of(f.name, text)]
    return MachineCode(program.signature, file, tuple(releases))


def program_text(
    program: Program, target: Target, *, threads: int = 0, is_whole: bool = False
) -> str:
    """Return the LLVM IR of a program, before LLVM's passes.

    Code that `is_whole` needs nothing of the process that loads it, if it is serial.
    """
    functions = program.functions
    check_calls(c_functions(functions), program.imports)
    install_callbacks(calls(functions, "python"))
    options = CodegenOptions(threads, memory_bytes(), is_whole)
    return emit(*functions, target=target, options=options)


def load(program: Program, module: CompiledModule, trampoline: int | None = None) -> Kernel:
    """Return the kernel with the code of `module`; without `trampoline` calls are slower."""
    prepare = program.prepare
    kind = CallingKernel if calls([program.main], "python") else Kernel
    return kind(
        program.signature,
        module.address(program.main.name),
        trampoline=trampoline,
        prepare=None if prepare is None else module.address(prepare.name),
        keepalive=module,
    )


def kernel_of(code: MachineCode, target: Target) -> Kernel:
    """Return the kernel of code that this process or another one has made."""
    linked = link_kernel(code, target)
    return Kernel(
        code.signature,
        linked.address(code.signature.name),
        prepare=linked.address(code.prepare) if code.signature.packed else None,
        keepalive=linked,
        code=code,
    )


def release_of(name: str, text: str) -> tuple[str, ...]:
    """Return the function in a text that frees what the function `name` keeps between calls."""
    release = name + RELEASE_SUFFIX
    return (release,) if f"@{release}(" in text else ()


def _bindable(nests: Nests, args: Sequence[Tensor | Var]) -> list[Buffer]:
    """Return the parameters for inputs that were declared to be constant."""
    tensors = [arg for arg in args if isinstance(arg, Tensor)]
    return [
        buffer
        for buffer, tensor in zip(nests.params, tensors, strict=False)  # scalars are last
        if isinstance(tensor.op, PlaceholderOp) and tensor.op.constant
    ]


def _constant_part(
    nests: Nests, bindable: list[Buffer]
) -> tuple[tuple[Buffer, ...], list[RootNest]]:
    """Return constant parameters that the kernel does not need, and the nests of these alone."""
    uses = [(root, _buffers_used(root)) for root in nests.roots] if bindable else []
    hidden = set(bindable) & set[Buffer]().union(*(used for _, used in uses))
    while hidden:
        ready, used_later = _using_only(uses, hidden)
        if hidden.isdisjoint(used_later):
            return tuple(b for b in nests.params if b in hidden), ready
        hidden -= used_later
    return (), []


def _using_only(
    uses: list[tuple[RootNest, set[Buffer]]], constants: set[Buffer]
) -> tuple[list[RootNest], set[Buffer]]:
    """Return the nests computed from `constants` alone, and every buffer that the others use.

    `uses` are the nests with the buffers that each reads or writes. One that writes a parameter,
    or needs a size that no shape of the constants has, runs in every call.
    """
    known, ready, used_later = set(constants), [], set[Buffer]()
    sizes = {var for buffer in constants for extent in buffer.shape for var in free_vars(extent)}
    for root, used in uses:
        others = used - set(root.buffers)
        is_alone = bool(others) and others <= known and free_vars(root.stmt) <= sizes
        if is_alone and root.buffers:
            ready.append(root)
            known |= set(root.buffers)
        else:
            used_later |= others
    return ready, used_later


def _buffers_used(root: RootNest) -> set[Buffer]:
    """Return the buffers that a nest reads or writes, and those that its checks read."""
    whole = block(*(check for check, _ in root.checks), root.stmt)
    inside = {s.buffer for s in iter_stmts(whole) if isinstance(s, Allocate)}
    used = {node.buffer for node in walk(whole) if type(node) is Load}
    for stmt in iter_stmts(root.stmt):
        if isinstance(stmt, CallExternal):
            used.update(stmt.buffers)
        elif isinstance(stmt, Store):
            used.add(stmt.buffer)
    return used - inside


def _index_check(check: Check) -> IndexCheck:
    return IndexCheck(check.mark.tensor, check.mark.dimension, dim_of(check.mark.extent))
