"""Compiles the candidates of a search to machine code that is timed and thrown away.

What candidates have in common is compiled once: the code that prepares constants, and a nest that
an earlier one had too, such as the transform of an image by Winograd's algorithm. These have object
files of their own, while a kernel that is built to stay is compiled as a whole (decision 0059).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import count

from autosched.building import (
    Parts,
    after_passes,
    kernel_of,
    load,
    lower_parts,
    program_text,
    release_of,
)
from autosched.codegen.compile import compile_text
from autosched.codegen.llvm.emit import emit, is_indifferent
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.codegen.llvm.symbols import LAID_OUT
from autosched.codegen.machine.imports import c_functions, calls
from autosched.codegen.machine.module import code_file, packing_file
from autosched.ir.expr import Buffer
from autosched.ir.keyed import Keyed
from autosched.ir.rewrite import is_empty
from autosched.ir.stmt import CallExternal, Function
from autosched.lowering.lower import RootNest
from autosched.passes import pipeline
from autosched.runtime.code import MachineCode, there
from autosched.runtime.kernel import Kernel
from autosched.schedule.trace import from_json, replay
from autosched.target.probe import memory_bytes
from autosched.target.target import Target
from autosched.te import serialize
from autosched.te.dag import outputs
from autosched.te.tensor import Tensor

MOST_KEPT = 64
"""Codes that prepare constants that a process keeps: those that it was asked for last."""

MOST_NESTS = 256
"""Nests of which a process knows that it has met them."""

_NUMBERS = count(1)


def compile_candidate(workload: str, trace: str, target: str, threads: int) -> Kernel:
    """Compile a candidate given as text: a DAG, a trace and a target.

    It is timed by its address, so it gets no fast path for calls from Python.
    """
    tensors = workload_tensors(workload)
    schedule = replay(outputs(tensors), from_json(trace))
    machine = Target.parse(target)
    parts = lower_parts(schedule, tensors)
    functions = parts.program.functions
    if parts.imports or c_functions(functions) or calls(functions, "python"):
        program = after_passes(parts, machine)
        text = program_text(program, machine, threads=threads)
        return load(program, compile_text(text, machine, program.imports))
    parts, apart = with_known_apart(parts, machine)
    text = main_text(parts, machine, threads)
    pieces = pieces_of(parts, apart, text, machine, threads)
    releases = [*release_of(parts.signature.name, text), *(r for p in pieces for r in p.releases)]
    file = there(code_file(text, machine))
    others = tuple(piece.file for piece in pieces)
    return kernel_of(MachineCode(parts.signature, file, tuple(releases), others), machine)


@lru_cache(maxsize=1)
def workload_tensors(text: str) -> list[Tensor]:
    """Return the tensors of a workload, which its candidates share."""
    return serialize.from_json(text)


@dataclass(frozen=True, slots=True)
class Piece:
    """An object file with one function, and the function that frees its working memory."""

    file: bytes
    releases: tuple[str, ...]


class Nest:
    """A nest that candidates have in common, as a function of the buffers outside of it.

    `given` tells which of these are the caller's.
    """

    def __init__(self, keyed: Keyed, given: tuple[bool, ...], target: Target) -> None:
        self.symbol = f"nest.{next(_NUMBERS)}"
        self.met = 0
        """How often candidates had it."""
        self.given = given
        buffers = _given_first(keyed.outside, given)
        self._function = Function(self.symbol, buffers, buffers, (), keyed.function.body)
        self._target = target
        self._pieces: dict[CodegenOptions, Piece] = {}

    @cached_property
    def may_be_apart(self) -> bool:
        """Whether the other nests of a kernel have the same code without it beside them."""
        return is_indifferent(self._passed)

    @cached_property
    def _passed(self) -> Function:
        return pipeline.run(self._function, self._target)

    def piece(self, options: CodegenOptions) -> Piece:
        """Return its code, made once."""
        if options not in self._pieces:
            own = replace(options, aligned=self.given.count(False))
            text = emit(self._passed, target=self._target, options=own)
            file = code_file(text, self._target)
            self._pieces[options] = Piece(file, release_of(self.symbol, text))
        return self._pieces[options]


def with_known_apart(parts: Parts, target: Target) -> tuple[Parts, list[Nest]]:
    """Return parts that call the nests that an earlier candidate had too, and these."""
    nests = parts.nests
    if nests.sizes or nests.checks.all or sum(map(_does_anything, parts.roots)) < 2:
        return parts, []
    params = set(parts.params)
    roots: list[RootNest] = []
    apart: dict[Nest, None] = {}
    for root in parts.roots:
        if _does_anything(root):
            keyed = Keyed(Function("nest", (), (), (), root.stmt))
            nest = _nest(keyed, tuple(each in params for each in keyed.outside), target)
            nest.met += 1
            if nest.met > 1 and nest.may_be_apart:
                call = CallExternal(nest.symbol, _given_first(keyed.outside, nest.given), "c")
                root = replace(root, stmt=call)
                apart[nest] = None
        roots.append(root)
    return replace(parts, roots=roots), [*apart]


def _does_anything(root: RootNest) -> bool:
    return not is_empty(root.stmt)


@lru_cache(maxsize=MOST_NESTS)
def _nest(keyed: Keyed, given: tuple[bool, ...], target: Target) -> Nest:
    return Nest(keyed, given, target)


def _given_first(buffers: Sequence[Buffer], given: Sequence[bool]) -> tuple[Buffer, ...]:
    """Return the buffers of the caller, then the others."""
    pairs = list(zip(buffers, given, strict=True))
    own = (each for each, is_given in pairs if not is_given)
    return (*(each for each, is_given in pairs if is_given), *own)


def main_text(parts: Parts, target: Target, threads: int) -> str:
    """Return the LLVM IR of the nests that are not apart."""
    options = CodegenOptions(threads, memory_bytes())
    return emit(pipeline.run(parts.main, target), target=target, options=options)


def pieces_of(
    parts: Parts, apart: Iterable[Nest], text: str, target: Target, threads: int
) -> list[Piece]:
    """Return the code of nests apart and of `prepare`, for parts whose other code is `text`."""
    options = CodegenOptions(threads, memory_bytes(), few_passes=LAID_OUT in text)
    pieces = [nest.piece(options) for nest in apart]
    if parts.prepare is not None:
        pieces.append(packing_for(Keyed(parts.prepare), target, options))
    return pieces


@lru_cache(maxsize=MOST_KEPT)
def packing_for(prepare: Keyed, target: Target, options: CodegenOptions) -> Piece:
    """Return the code of a function that prepares constants, before its passes, made once."""
    function = prepare.function
    text = emit(pipeline.run(function, target), target=target, options=options)
    return Piece(packing_file(text, target), release_of(function.name, text))
