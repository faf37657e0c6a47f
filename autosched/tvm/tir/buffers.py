"""Buffers as the bodies of `te.extern` see them, and calls of functions with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autosched.errors import ExpressionError, not_offered
from autosched.ir.build import as_expr, load
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Buffer as Memory
from autosched.ir.expr import Expr
from autosched.ir.stmt import CallExternal, Stmt, Store
from autosched.te.construct import checked_shape


class Buffer:
    """A buffer, with TVM's methods; `memory` is the buffer of the loop nest."""

    def __init__(self, memory: Memory):
        self.memory = memory

    @property
    def name(self) -> str:
        return self.memory.name

    @property
    def shape(self) -> tuple[Expr, ...]:
        return self.memory.shape

    @property
    def dtype(self) -> DType:
        return self.memory.dtype

    @property
    def data(self) -> Buffer:
        """The whole buffer, as an argument of a function."""
        return self

    def access_ptr(self, access_mask: str | int = "r", **options: Any) -> Buffer:
        """Return the whole buffer, as an argument of a function."""
        if options.get("offset"):
            raise not_offered("access_ptr with an offset", "pass the buffer and the offset")
        return self

    def vload(self, begin: Any, dtype: DType | str | None = None) -> Expr:
        """Return the element at `begin`."""
        self._check(dtype)
        return load(self.memory, _indices(begin))

    def vstore(self, begin: Any, value: Any) -> Stmt:
        """Return the statement that stores `value` at `begin`."""
        made = as_expr(value, self.dtype)
        return Store(self.memory, tuple(map(as_expr, _indices(begin))), made)

    def _check(self, dtype: DType | str | None) -> None:
        if dtype is not None and as_dtype(dtype) is not self.dtype:
            raise not_offered(f"vload of {dtype} from a buffer of {self.dtype}")


def _indices(begin: Any) -> Sequence[Any]:
    return begin if isinstance(begin, (list, tuple)) else (begin,)


def decl_buffer(
    shape: Any, dtype: DType | str = "float32", name: str = "buffer", **layout: Any
) -> Buffer:
    """Return a dense buffer; strides, offsets and alignments are taken and have no effect."""
    return Buffer(Memory(name, checked_shape(shape, name), as_dtype(dtype)))


def call_packed(name: str, *args: Any) -> Stmt:
    """Return the call of a registered function of Python with whole buffers and scalars."""
    return CallExternal(name, _arguments(args))


def call_extern(dtype: DType | str, func_name: str, *args: Any) -> Stmt:
    """Return the call of a C function of this process with addresses and scalars."""
    return CallExternal(func_name, _arguments(args), "c")


def _arguments(args: Sequence[Any]) -> tuple[Memory | Expr, ...]:
    if any(isinstance(arg, str) for arg in args):
        raise ExpressionError("expected buffers and numbers as arguments of a call, got a string")
    return tuple(arg.memory if isinstance(arg, Buffer) else as_expr(arg) for arg in args)


def body_of(fcompute: Callable[..., Any]) -> Callable[[list[Memory], list[Memory]], Stmt]:
    """Return `fcompute` as `autosched.te.extern` calls it."""

    def made(ins: list[Memory], outs: list[Memory]) -> Stmt:
        statement: Stmt = fcompute(list(map(Buffer, ins)), list(map(Buffer, outs)))
        return statement

    return made
