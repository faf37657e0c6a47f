"""The state of an LLVM function during emission: its lines, its variables, known values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from autosched.codegen.llvm.state.forms import operands_of
from autosched.codegen.llvm.state.module import DEEP, ModuleState
from autosched.codegen.llvm.text.instructions import assigned
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.llvm.text.operations import Operations
from autosched.codegen.llvm.text.types import Value
from autosched.errors import CodegenError
from autosched.ir.dtype import DType
from autosched.ir.expr import Buffer, Expr, Select, Var
from autosched.ir.pragma import Ahead
from autosched.ir.sharing import Scope, Sharing
from autosched.ir.stmt import For, Stmt
from autosched.ir.traverse import Steps, free_vars, recurse

Handler = Callable[["Emitter", Any], Any]

_OPERANDS = re.compile(r"%[\w.]+").findall

Cell = tuple[Buffer, int]
"""A vector of a tile that is kept in values, by the offset of its first element."""

MOST_LINES = 1 << 20
"""Instructions of one function; LLVM takes about a kilobyte for each."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A prefetch that a loop asks for: the first of `loops`, which go down to the code emitted."""

    ahead: Ahead
    loops: tuple[For, ...]


class Extreme(NamedTuple):
    """The lesser (`min`) or the greater (`max`) of two values."""

    which: str
    a: Value
    b: Value
    among: int
    """Of how many values it is one, as these may be such too."""


class Emitter(Operations):
    """Emits one LLVM function."""

    module: ModuleState

    def __init__(self, module: ModuleState, name: str, in_parallel: bool = False) -> None:
        super().__init__(module, "body")
        self.name = name
        self.stem = "%"  # LLVM parses numbers faster than names; they must rise from line to line
        self._table = module.table
        self.in_parallel = in_parallel
        self.entry: list[str] = []
        """Lines that run once, before the body: stack slots and hoisted allocations."""
        self.levels: dict[str, int] = {}
        """The number of the innermost loop around that changes a value, 0 if none does.

        Only names that are known at the start of that loop's body have one.
        """
        self._tops: list[list[str]] = [self.entry]
        """The lines at the start of the body of each loop around."""
        self._early: dict[str, str] = {}
        """The results of the instructions there."""
        self.exit: list[str] = []
        self.env: dict[Var, int | str] = {}
        """The variables that have a value; those of unrolled loops have an integer."""
        self.epoch = module.next_epoch()
        """Changes with every value of a variable, except from one number to another."""
        self.naturals: dict[Var, int] = {}
        """Upper bounds of the variables that are never negative."""
        self.fixed: set[Var] = set()
        """The variables whose value is known on entry: sizes, and parameters of a share."""
        self.pointers: dict[Buffer, str] = {}
        self.alignments: dict[Buffer, int] = {}
        self.tiles: dict[Buffer, Mapping[int, DType]] = {}
        """The vectors of the tiles that are kept in values here, by their offsets."""
        self.cells: dict[Cell, object] = {}
        """The value of each vector: its name, or the join of paths that chooses it."""
        self.extremes: dict[str, Extreme] = {}
        """The values that were chosen by integer keys."""
        self.rounded: dict[str, str] = {}
        """The float32 of which a value of 16 bits is the nearest."""
        self.stack_bytes = 0
        self.mask: Value = True
        """The lanes that may touch memory: True for all, else a vector of bits."""
        self.mask_lanes = 1
        self.fetches: tuple[Fetch, ...] = ()
        """The prefetches that loops around ask for."""
        self.recent: Collection[Buffer] = ()
        """Buffers written so near that LLVM may forward stored values to loads."""
        self.written: Collection[Buffer] = ()
        """Buffers written anywhere in the function."""
        self.kept: Var | None = None
        """The variable of the innermost loop around that LLVM does not unroll fully."""
        self.is_free = False
        """Whether LLVM may vectorize the loop around."""
        self._atoms: dict[Expr, str] = {}
        """The values of parts of indices that stand at the start of a loop."""
        self._atoms_of: dict[Var, list[Expr]] = {}
        self._lasting: set[Expr] = set()
        """Those that unrolled loops do not change."""
        self.sharing: Sharing | None = None
        self.values: dict[Expr, Value] = {}
        """The values known here of nodes that the current statement shares."""
        self.scope: Scope | None = None
        self.versions: dict[Buffer, int] = {}
        self._writes = 0

    def value(self, expr: Expr) -> Value:
        """Emit an expression."""
        if self.sharing is not None:
            return self._shared(self.sharing, expr)
        return self._table[type(expr)](self, expr)

    def _shared(self, sharing: Sharing, expr: Expr) -> Value:
        known = self.values.get(expr)
        if known is not None:
            return known
        if sharing.height > DEEP:
            return recurse(self._steps, expr)
        value = self._table[type(expr)](self, expr)
        if expr in sharing.shared:
            self.values[expr] = value
        return value

    def _steps(self, expr: Expr) -> Steps:
        if expr in self.values:
            return self.values[expr]
        steps = self.module.steps.get(type(expr))
        if steps is None:
            for operand in operands_of(expr, self.module.forms):
                yield (operand,)
            value = self._table[type(expr)](self, expr)
        else:
            value = yield from steps(self, expr)
        self.values[expr] = value
        return value

    def atom(self, expr: Expr) -> Value:
        """Emit a part of an index, once for all values of the variables that it depends on."""
        known = self._atoms.get(expr)
        if known is not None:
            return known
        value = self.value(expr)
        if type(value) is str and value in self.levels:
            self._atoms[expr] = value
            variables = free_vars(expr)
            for var in variables:
                self._atoms_of.setdefault(var, []).append(expr)
            if all(type(self.env.get(var)) is str for var in variables):
                self._lasting.add(expr)
        return value

    def lasts(self, expr: Expr) -> bool:
        """Tell whether a part of an index keeps its value until `epoch` changes."""
        return expr in self._lasting

    def bind(self, var: Var, value: int | str) -> None:
        """Set the value of a variable for the code emitted next."""
        if type(value) is str or type(self.env.get(var)) is not int:
            self.epoch = self.module.next_epoch()
        self.env[var] = value
        for expr in self._atoms_of.pop(var, ()):
            self._atoms.pop(expr, None)
            self._lasting.discard(expr)

    def begin(self, stmt: Stmt) -> None:
        """Start an instance of `stmt` and forget the values of nodes that its expressions share."""
        self.sharing = self.module.sharing(stmt)
        if self.sharing is not None:
            self.values = {}
            self.scope = self.sharing.scope

    def before(self, guard: Select) -> Collection[Expr]:
        """Return the expressions to emit before the branches of `guard`."""
        return () if self.scope is None else self.scope.before(guard)

    @contextmanager
    def passing(
        self, guard: Select | None = None, taken: bool = True, *, always: bool = False
    ) -> Iterator[None]:
        """Emit code that runs only on some paths, such as a branch of `guard`.

        Values that become known inside are forgotten at the end. Code that runs `always`, though
        only for some lanes, leaves its instructions known.
        """
        self._check_length()
        cached, valued, scope = len(self.cache), len(self.values), self.scope
        if guard is not None and scope is not None:
            self.scope = scope.branch(guard, taken)
        yield
        self.scope = scope
        while len(self.values) > valued:
            self.values.popitem()
        while len(self.cache) > cached and not always:
            self.cache.popitem()

    @contextmanager
    def arm(self, label: str, done: str) -> Iterator[None]:
        """Emit a block that only some paths run, and that continues at `done`."""
        with self.passing():
            self.open(label)
            yield
            self.jump(done)

    @contextmanager
    def having(self, **state: Any) -> Iterator[None]:
        """Emit with other values of some attributes."""
        before = {name: getattr(self, name) for name in state}
        self._set(state)
        yield
        self._set(before)

    def _set(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def _check_length(self) -> None:
        if len(self.lines) > MOST_LINES:
            raise CodegenError(
                f"expected at most {MOST_LINES} lines of code in {self.name}, got more",
                hint="unroll less, or keep some of the stages it is made of apart, at root",
            )

    def run(self, stmt: Stmt) -> None:
        """Emit a statement."""
        self._check_length()
        self.begin(stmt)
        self._table[type(stmt)](self, stmt)

    def once(self, instruction: str) -> str:
        """Append an instruction of no effect, unless its result is known.

        If LLVM runs few passes, it stands at the start of the innermost loop that changes it.
        """
        name = self._early.get(instruction) or self.cache.get(instruction)
        if name is None:
            name = self._hoisted(instruction) if self.module.is_laid_out else ""
            if not name:
                name = self.cache[instruction] = self.let(instruction)
        return name

    def _hoisted(self, instruction: str) -> str:
        """Append an instruction where its operands are known; return "" if that is only here."""
        level = 0
        for operand in _OPERANDS(instruction):
            own = self.levels.get(operand)
            if own is None:
                return ""
            level = max(level, own)
        self.names += 1
        name = self._early[instruction] = f"%v{self.names}"
        self._tops[level].append(assigned(name, instruction))
        self.levels[name] = level
        return name

    @contextmanager
    def inside(self, var: str) -> Iterator[None]:
        """Emit the body of a loop whose variable has the name `var`."""
        lines: list[str] = []
        self.lines.append(lines)
        level = self.levels[var] = len(self._tops)
        self._tops.append(lines)
        yield
        self._tops.pop()
        self._early = {
            text: name for text, name in self._early.items() if self.levels[name] < level
        }

    def slot(self) -> str:
        """Return a new name for a parameter or a value of the entry block."""
        self.names += 1
        name = f"%s{self.names}"
        self.levels[name] = 0
        return name

    def touch(self, buffer: Buffer) -> None:
        """Forget known contents of `buffer`."""
        self._writes += 1
        self.versions[buffer] = self._writes

    def parameter(self, buffer: Buffer, align: int) -> str:
        """Return a pointer parameter for `buffer`, whose memory no other pointer reaches."""
        name = self.slot()
        self.pointers[buffer] = name
        self.alignments[buffer] = align
        return f"ptr noalias nonnull align {align} {name}"

    def define(self, parameters: list[str], linkage: str = "", attributes: str = "") -> None:
        """Add the function to its module."""
        lines = ["entry:", *self.entry, "  br label %body", "body:"]
        for line in self.lines:
            lines += [line] if type(line) is str else line
        lines += [*self.exit, "  ret void"]
        text = definition(
            "void", self.name, parameters, lines, linkage=linkage, attributes=f" {attributes} #0"
        )
        self.module.functions.append(text)


def stepwise(steps: Callable[[Emitter, Any], Steps]) -> Handler:
    """Make a handler of a generator: each expression that it yields is emitted at once."""

    def handler(em: Emitter, node: Any) -> Any:
        under_way, value = steps(em, node), None
        while True:
            try:
                (wanted,) = under_way.send(value)
            except StopIteration as end:
                return end.value
            value = em.value(wanted)

    return handler
