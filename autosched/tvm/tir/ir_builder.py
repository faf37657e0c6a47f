"""Puts statements together, as the bodies of tensor intrinsics and of `te.extern` do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from autosched.errors import ExpressionError, name_not_offered, not_offered
from autosched.ir.build import as_expr, cast, sub
from autosched.ir.dtype import INDEX, DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Buffer as Memory
from autosched.ir.expr import Expr, Var
from autosched.ir.stmt import If, LoopKind, Stmt, allocating
from autosched.te.construct import checked_shape
from autosched.te.independence import loop_of
from autosched.tvm.tir.buffers import Buffer

KINDS = {
    "serial": LoopKind.SERIAL,
    "unroll": LoopKind.UNROLLED,
    "vectorize": LoopKind.VECTORIZED,
    "parallel": LoopKind.PARALLEL,
}
"""The kinds of loops; see `te.independence` for those whose points run one after the other."""


class Pointer:
    """A buffer whose elements are read and assigned: `A[i] = A[i] + 1` is a statement."""

    def __init__(self, builder: IRBuilder, buffer: Buffer):
        self._builder = builder
        self._buffer = buffer
        self.dtype = buffer.dtype

    def asobject(self) -> Buffer:
        return self._buffer

    def __getitem__(self, index: Any) -> Expr:
        return self._buffer.vload(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._builder.emit(self._buffer.vstore(index, cast(as_expr(value), self.dtype)))


class IRBuilder:
    """A list of statements, in the scopes that are open."""

    def __init__(self) -> None:
        self._scopes: list[list[Stmt]] = [[]]
        self._allocated: list[list[tuple[int, Memory]]] = [[]]

    def emit(self, stmt: Stmt) -> None:
        """Append a statement."""
        self._scopes[-1].append(stmt)

    def get(self) -> Stmt:
        """Return the statements as one."""
        if len(self._scopes) > 1:
            raise ExpressionError("expected the statements after every scope, got them inside one")
        return self._together()

    @contextmanager
    def for_range(
        self,
        begin: Any,
        end: Any,
        name: str = "i",
        dtype: DType | str | None = None,
        kind: str = "serial",
    ) -> Iterator[Var]:
        """Put the statements of a `with` into a loop from `begin` to below `end`."""
        if kind not in KINDS:
            raise not_offered(f"for_range of the kind {kind}", f"what is there: {', '.join(KINDS)}")
        start = cast(as_expr(begin), INDEX)
        extent = sub(cast(as_expr(end), INDEX), start)
        var = Var(name, INDEX)
        self._open()
        yield var
        self.emit(loop_of(var, start, extent, KINDS[kind], self._close()))

    @contextmanager
    def if_scope(self, cond: Any) -> Iterator[None]:
        """Run the statements of a `with` if the condition holds."""
        self._open()
        yield
        self.emit(If(as_expr(cond), self._close()))

    @contextmanager
    def else_scope(self) -> Iterator[None]:
        """Run the statements of a `with` if the condition of the `if_scope` before fails."""
        last = self._scopes[-1].pop() if self._scopes[-1] else None
        if not isinstance(last, If) or last.otherwise is not None:
            raise ExpressionError("expected else_scope right after an if_scope, got it elsewhere")
        self._open()
        yield
        self.emit(If(last.condition, last.then, self._close()))

    def allocate(
        self, dtype: DType | str, shape: Any, name: str = "buf", scope: str | None = None
    ) -> Pointer:
        """Return a new buffer for the statements that follow in this scope."""
        memory = Memory(name, checked_shape(shape, name), as_dtype(dtype), scope or "global")
        self._allocated[-1].append((len(self._scopes[-1]), memory))
        return Pointer(self, Buffer(memory))

    def let(self, var_name: str, value: Any) -> Expr:
        """Return the value that the expression has here, for the statements that follow."""
        made = as_expr(value)
        held = self.allocate(made.dtype, (1,), var_name, "local")
        held[0] = made
        return held[0]

    def buffer_ptr(self, buffer: Buffer, shape: Any = None) -> Pointer:
        """Return a buffer to read and assign by index."""
        return Pointer(self, buffer)

    def likely(self, expr: Any) -> Expr:
        """Return the condition."""
        return as_expr(expr)

    def _open(self) -> None:
        self._scopes.append([])
        self._allocated.append([])

    def _close(self) -> Stmt:
        stmt = self._together()
        self._scopes.pop()
        self._allocated.pop()
        return stmt

    def _together(self) -> Stmt:
        return allocating(self._scopes[-1], self._allocated[-1])

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise name_not_offered(f"ir_builder.{name}")


create = IRBuilder
