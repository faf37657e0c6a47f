"""The state of a function under way: its lines, what its variables are, what is known.

An emitted value is a Python number, meaning that constant in every lane, or the text of
an LLVM operand. Variables of unrolled loops are bound to integers, so each instance of
their bodies is emitted with its index arithmetic already done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from autosched.codegen.llvm.state.module import DEEP, ModuleState
from autosched.codegen.llvm.state.operands import operands_of
from autosched.codegen.llvm.text.types import constant, register_type
from autosched.errors import CodegenError
from autosched.ir.buffer import Buffer
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Select, Var
from autosched.ir.sharing import Scope, Sharing
from autosched.ir.stmt import Stmt
from autosched.ir.traverse import Steps, recurse

Value = str | int | float
Handler = Callable[["Emitter", Any], Any]

Mark = tuple[int, int, Scope | None]

MOST_LINES = 1 << 20
"""Instructions of one function; LLVM takes about a kilobyte for each."""


class Emitter:
    """One LLVM function under way."""

    def __init__(self, module: ModuleState, name: str, in_parallel: bool = False) -> None:
        self.module = module
        self.name = name
        self.table = module.table
        self.in_parallel = in_parallel
        self.lines: list[str] = []
        self.entry: list[str] = []
        """What runs once, before the body: stack slots and hoisted allocations."""
        self.exit: list[str] = []
        self.env: dict[Var, int | str] = {}
        self.naturals: dict[Var, int] = {}
        """What the variables that are never negative do not exceed."""
        self.fixed: set[Var] = set()
        """The variables that have their value from the start: sizes, and what a share is given."""
        self.pointers: dict[Buffer, str] = {}
        self.alignments: dict[Buffer, int] = {}
        self.stack_bytes = 0
        self.mask: Value = True
        """The lanes that may touch memory: True for all, else a vector of bits."""
        self.mask_lanes = 1
        self.prefetched: dict[Buffer, tuple[Var, int]] = {}
        """Buffers to prefetch where they are read: along which loop, how many steps ahead."""
        self.recent: Collection[Buffer] = ()
        """Buffers written so near that LLVM may see what was stored in what is read."""
        self.written: Collection[Buffer] = ()
        """Buffers written anywhere in the function."""
        self.kept: Var | None = None
        """The variable of the innermost loop around that LLVM does not write out."""
        self.is_free = False
        """Whether what is emitted is in a loop that LLVM may vectorize."""
        self.block = "body"
        self.cache: dict[Any, str] = {}
        """Values computed before on every way to here, in the order they were."""
        self.sharing: Sharing | None = None
        self.values: dict[int, Value] = {}
        """Of the nodes that the statement under way shares, those computed on every way to here."""
        self.scope: Scope | None = None
        self.versions: dict[Buffer, int] = {}
        self._writes = 0
        self._names = 0

    def value(self, expr: Expr) -> Value:
        """Emit an expression."""
        if self.sharing is not None:
            return self._shared(self.sharing, expr)
        handler = self.table.get(type(expr))
        if handler is None:
            handler = _inherited(self.table, expr)
        return handler(self, expr)

    def _shared(self, sharing: Sharing, expr: Expr) -> Value:
        known = self.values.get(id(expr))
        if known is not None:
            return known
        if sharing.height > DEEP:
            return recurse(self._steps, expr)
        value = self._handled(expr)
        if id(expr) in sharing.shared:
            self.values[id(expr)] = value
        return value

    def _steps(self, expr: Expr) -> Steps:
        if id(expr) in self.values:
            return self.values[id(expr)]
        steps = self.module.steps.get(type(expr))
        if steps is None:
            for operand in operands_of(expr, self.module.forms):
                yield (operand,)
            value = self._handled(expr)
        else:
            value = yield from steps(self, expr)
        self.values[id(expr)] = value
        return value

    def _handled(self, expr: Expr) -> Value:
        handler = self.table.get(type(expr)) or _inherited(self.table, expr)
        return handler(self, expr)

    def begin(self, stmt: Stmt) -> None:
        """From here on, expressions are those of an instance of `stmt`."""
        self.sharing = self.module.sharing(stmt)
        if self.sharing is not None:
            self.values = {}
            self.scope = self.sharing.scope

    def before(self, guard: Select) -> Collection[Expr]:
        """What is to be emitted before the branches of `guard` are."""
        return () if self.scope is None else self.scope.before(guard)

    def enter(self, guard: Select, taken: bool) -> Mark:
        """Go into a branch of `guard`."""
        self._check_length()
        mark = self.mark()
        if self.scope is not None:
            self.scope = self.scope.branch(guard, taken)
        return mark

    def mark(self) -> Mark:
        """What is known here, for `leave`."""
        return len(self.cache), len(self.values), self.scope

    def leave(self, mark: Mark) -> None:
        """Forget what became known since, which holds only on some ways from here on."""
        cached, valued, self.scope = mark
        for known, count in ((self.cache, cached), (self.values, valued)):
            while len(known) > count:
                known.popitem()

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
        handler = self.table.get(type(stmt))
        if handler is None:
            handler = _inherited(self.table, stmt)
        handler(self, stmt)

    def slot(self) -> str:
        """A new name for a value that is no instruction's of the body."""
        self._names += 1
        return f"%s{self._names}"

    def let(self, instruction: str) -> str:
        """Append an instruction and return the name of its result."""
        self._names += 1
        name = f"%v{self._names}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def once(self, instruction: str) -> str:
        """As `let`, but the same instruction is not emitted again where it is known already."""
        name = self.cache.get(instruction)
        if name is None:
            name = self.cache[instruction] = self.let(instruction)
        return name

    def do(self, instruction: str) -> None:
        self.lines.append("  " + instruction)

    def label(self) -> str:
        """A new name for a block."""
        self._names += 1
        return f"b{self._names}"

    def open(self, label: str) -> None:
        """Start a block; the one before must have ended."""
        self.lines.append(f"{label}:")
        self.block = label

    def jump(self, label: str) -> None:
        self.lines.append(f"  br label %{label}")

    def branch(self, condition: Value, then: str, otherwise: str) -> None:
        self.lines.append(f"  br i1 {condition}, label %{then}, label %{otherwise}")

    def text(self, value: Value, dtype: DType) -> str:
        """A value as an operand, without its type."""
        return value if type(value) is str else constant(value, dtype)  # type: ignore[arg-type]

    def typed(self, value: Value, dtype: DType) -> str:
        """A value as an argument, with its type."""
        return f"{register_type(dtype)} {self.text(value, dtype)}"

    def call(
        self, symbol: str, result: DType, *arguments: tuple[Value, DType], freedom: str = ""
    ) -> str:
        """Call a pure function or intrinsic of the name, declaring it."""
        types = [register_type(dtype) for _, dtype in arguments]
        self.module.declare(symbol, register_type(result), *types)
        flags = self.flags(freedom) if result.is_float else ""
        operands = ", ".join(self.typed(value, dtype) for value, dtype in arguments)
        return self.let(f"call{flags} {register_type(result)} @{symbol}({operands})")

    def flags(self, freedom: str) -> str:
        """The fast-math flags of a float operation that has `freedom`, after a blank."""
        flags = self.module.float_flags or freedom
        return f" {flags}" if flags else ""

    def touch(self, buffer: Buffer) -> None:
        """Forget what is known of the contents of `buffer`."""
        self._writes += 1
        self.versions[buffer] = self._writes

    def parameter(self, buffer: Buffer, align: int) -> str:
        """A pointer parameter for `buffer`: no other pointer reaches its memory."""
        name = self.slot()
        self.pointers[buffer] = name
        self.alignments[buffer] = align
        return f"ptr noalias nonnull align {align} {name}"

    def define(self, head: str, attributes: str = "") -> None:
        """Close the function: `head` says its linkage, name and parameters."""
        lines = [f"define {head} {attributes} #0 {{", "entry:", *self.entry, "  br label %body"]
        lines += ["body:", *self.lines, *self.exit, "  ret void", "}"]
        self.module.functions.append("\n".join(lines))


def stepwise(steps: Callable[[Emitter, Any], Steps]) -> Handler:
    """The handler that emits what `steps` asks for at once."""

    def handler(em: Emitter, node: Any) -> Any:
        under_way, value = steps(em, node), None
        while True:
            try:
                (wanted,) = under_way.send(value)
            except StopIteration as end:
                return end.value
            value = em.value(wanted)

    return handler


def _inherited(table: dict[type, Handler], node: object) -> Handler:
    """The handler of the nearest base class, kept for the next node of the type."""
    for base in type(node).__mro__:
        if base in table:
            table[type(node)] = table[base]
            return table[base]
    raise TypeError(f"no code for a node of type {type(node).__name__}")
