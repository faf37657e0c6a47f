"""Statement nodes, which never change: the loops of a nest and their bodies."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from autosched.ir.dtype import DType
from autosched.ir.expr import Address, Buffer, Const, Expr, Var
from autosched.ir.pragma import LoopPragma


class LoopKind(enum.Enum):
    """The way in which the iterations of a loop run."""

    SERIAL = "for"
    PARALLEL = "parallel"
    VECTORIZED = "vectorized"
    UNROLLED = "unrolled"
    VTHREAD = "vthread"
    """One after the other, or interleaved where a target overlaps its loads with its work."""
    THREAD = "thread"
    """Each iteration is a block or a thread of a GPU. There is no code generator for these."""

    @property
    def is_written_out(self) -> bool:
        """Whether each iteration is written out in the code, so that the extent is a constant."""
        return self in (LoopKind.UNROLLED, LoopKind.VECTORIZED)


class Stmt:
    """Base of all statements."""

    __slots__ = ()

    def __str__(self) -> str:
        from autosched.ir.printer import stmt_text

        return stmt_text(self)


@dataclass(slots=True, eq=False, repr=False)
class Block(Stmt):
    """Statements in order; none is a Block itself."""

    stmts: tuple[Stmt, ...]

    def __getitem__(self, number: int) -> Stmt:
        """Return a statement by its number, as TVM's blocks do."""
        return self.stmts[number]

    @property
    def seq(self) -> tuple[Stmt, ...]:
        """The statements, by TVM's name."""
        return self.stmts


@dataclass(slots=True, eq=False, repr=False)
class For(Stmt):
    """Run `body` for `var` from `start` to below `start + extent`."""

    var: Var
    start: Expr
    extent: Expr
    kind: LoopKind
    body: Stmt
    pragmas: tuple[LoopPragma, ...] = ()

    def with_body(self, body: Stmt) -> For:
        """Return the loop with another body; itself if it is the same one."""
        if body is self.body:
            return self
        return For(self.var, self.start, self.extent, self.kind, body, self.pragmas)

    def values(self) -> range | None:
        """Return the values of the variable; None if they are not constants."""
        if type(self.start) is not Const or type(self.extent) is not Const:
            return None
        start = int(self.start.value)
        return range(start, start + int(self.extent.value))

    @property
    def loop_var(self) -> Var:
        """The variable, by TVM's name."""
        return self.var

    @property
    def min(self) -> Expr:
        """The first value of the variable, by TVM's name."""
        return self.start


@dataclass(slots=True, eq=False, repr=False)
class If(Stmt):
    """Run `then` if the scalar bool `condition` holds, else `otherwise`."""

    condition: Expr
    then: Stmt
    otherwise: Stmt | None = None

    @property
    def then_case(self) -> Stmt:
        """What runs if the condition holds, by TVM's name."""
        return self.then

    @property
    def else_case(self) -> Stmt | None:
        """What runs if it does not, by TVM's name."""
        return self.otherwise


@dataclass(slots=True, eq=False, repr=False)
class Store(Stmt):
    """Write `value` to `buffer` at `indices`; at most one index is a vector (see `Load`)."""

    buffer: Buffer
    indices: tuple[Expr, ...]
    value: Expr
    mask: Expr | None = None


@dataclass(slots=True, eq=False, repr=False)
class Allocate(Stmt):
    """Run `body` with `buffer`, which is uninitialised at first."""

    buffer: Buffer
    body: Stmt

    @property
    def extents(self) -> tuple[Expr, ...]:
        """The shape of the buffer, by TVM's name."""
        return self.buffer.shape


@dataclass(slots=True, eq=False, repr=False)
class CallExternal(Stmt):
    """Call a function outside of the kernel with whole buffers, parts of buffers and scalars.

    `language` is "python" for a registered function, and "c" for a symbol of this process or of
    imported code, which takes addresses. `result` is the type that a C function returns; the
    value is not used.
    """

    function: str
    args: tuple[Buffer | Expr, ...]
    language: str = "python"
    result: DType | None = None

    @property
    def buffers(self) -> tuple[Buffer, ...]:
        """The buffers that it gets, or parts of which it gets: it may read and write these."""
        given = (arg.buffer if isinstance(arg, Address) else arg for arg in self.args)
        return tuple(each for each in given if isinstance(each, Buffer))


@dataclass(slots=True, eq=False, repr=False)
class IntrinsicCall(Stmt):
    """Run `body`, by which the tensor intrinsic `name` computes what `definition` does.

    The definition is the meaning: it says what is read and written.
    """

    name: str
    definition: Stmt
    body: Stmt


@dataclass(slots=True, eq=False, repr=False)
class Function:
    """A loop nest with its parameters, in the order a caller passes them.

    `sizes` are the symbolic sizes its shapes use, passed as 64-bit integers after the
    buffers; `outputs` are the parameters it writes.
    """

    name: str
    params: tuple[Buffer, ...]
    outputs: tuple[Buffer, ...]
    sizes: tuple[Var, ...]
    body: Stmt

    def with_body(self, body: Stmt) -> Function:
        """Return this function with another body."""
        return Function(self.name, self.params, self.outputs, self.sizes, body)

    def __str__(self) -> str:
        from autosched.ir.printer import function_text

        return function_text(self)


def block(*stmts: Stmt | None) -> Stmt:
    """Return the statements as one, flattened; None is left out."""
    flat: list[Stmt] = []
    for stmt in stmts:
        if isinstance(stmt, Block):
            flat.extend(stmt.stmts)
        elif stmt is not None:
            flat.append(stmt)
    return flat[0] if len(flat) == 1 else Block(tuple(flat))


def allocating(stmts: Sequence[Stmt], allocated: Sequence[tuple[int, Buffer]]) -> Stmt:
    """Return the statements as one, with each buffer allocated from its position on.

    Positions are in order.
    """
    for position, buffer in reversed(allocated):
        stmts = [*stmts[:position], Allocate(buffer, block(*stmts[position:]))]
    return block(*stmts)
