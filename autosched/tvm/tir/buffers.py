"""Buffers as the bodies of `te.extern` see them, and calls of functions with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autosched.errors import ExpressionError, not_offered
from autosched.ir.build import as_expr, cast, const, load, ramp, strides_of
from autosched.ir.dtype import INDEX, INT32, DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Buffer as Memory
from autosched.ir.expr import Const, Expr
from autosched.ir.stmt import CallExternal, Stmt, Store
from autosched.te.construct import checked_shape


class Buffer:
    """A buffer, with TVM's methods; `memory` is the buffer of the loop nest.

    The offset of its first element is a multiple of `offset_factor`.
    """

    def __init__(self, memory: Memory, offset_factor: int = 1):
        self.memory = memory
        self.offset_factor = offset_factor

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
    def strides(self) -> tuple[Expr, ...]:
        """The strides in elements."""
        return strides_of(self.memory)

    @property
    def elem_offset(self) -> Expr:
        """The offset of the first element from `data`, which is the address of that element."""
        return const(0)

    @property
    def data(self) -> Buffer:
        """The whole buffer, as an argument of a function."""
        return self

    def access_ptr(self, access_mask: str | int = "r", **options: Any) -> Buffer:
        """Return the whole buffer, as an argument of a function."""
        if not _is_zero(options.get("offset", 0)):
            raise not_offered("access_ptr with an offset", "pass the buffer and the offset")
        return self

    def vload(self, begin: Any, dtype: DType | str | None = None) -> Expr:
        """Return the element at `begin`, or the lanes of a vector from there on."""
        return load(self.memory, self._indices(begin, as_dtype(dtype or self.dtype)))

    def vstore(self, begin: Any, value: Any) -> Stmt:
        """Return the statement that stores `value`, which may be a vector, from `begin` on."""
        made = as_expr(value, self.dtype)
        return Store(self.memory, self._indices(begin, made.dtype), made)

    def _indices(self, begin: Any, kind: DType) -> tuple[Expr, ...]:
        if kind.scalar is not self.dtype:
            raise not_offered(f"vload of {kind} from a buffer of {self.dtype}")
        given = begin if isinstance(begin, (list, tuple)) else (begin,)
        indices = [cast(as_expr(index), INDEX) for index in given]
        if kind.lanes > 1:
            indices[-1] = ramp(indices[-1], 1, kind.lanes)
        return tuple(indices)


def _is_zero(offset: Any) -> bool:
    made = as_expr(offset)
    return type(made) is Const and made.value == 0


def decl_buffer(
    shape: Any,
    dtype: DType | str | None = None,
    name: str = "buffer",
    data: Any = None,
    strides: Sequence[Any] | None = None,
    elem_offset: Any = None,
    scope: str = "",
    data_alignment: int = -1,
    offset_factor: int = 0,
    buffer_type: str = "",
    **layout: Any,
) -> Buffer:
    """Return a buffer of float32 where no dtype is given. Without strides it is dense.

    Strides that are variables take the values of what the buffer stands for. `elem_offset` and
    `data_alignment` are taken and have no effect: the address of a buffer is that of its first
    element.
    """
    steps = None if strides is None else tuple(cast(as_expr(each), INDEX) for each in strides)
    kind = as_dtype("float32" if dtype is None else dtype)
    memory = Memory(name, checked_shape(shape, name), kind, scope or "global", steps)
    return Buffer(memory, max(1, int(offset_factor)))


def call_packed(name: str, *args: Any) -> Stmt:
    """Return the call of a registered function of Python with arrays and scalars."""
    return CallExternal(name, tuple(map(_argument, args)))


def call_extern(dtype: DType | str, func_name: str, *args: Any) -> Stmt:
    """Return the call of a C function with addresses and scalars; integers are 32 bits wide."""
    result = None if dtype in ("void", "handle") else as_dtype(dtype)
    return CallExternal(func_name, tuple(map(_c_argument, args)), "c", result)


def _argument(arg: Any) -> Memory | Expr:
    if isinstance(arg, str):
        raise ExpressionError("expected buffers and numbers as arguments of a call, got a string")
    return arg.memory if isinstance(arg, Buffer) else as_expr(arg)


def _c_argument(arg: Any) -> Memory | Expr:
    made = _argument(arg)
    is_wide = isinstance(made, Expr) and made.dtype is INDEX
    return cast(made, INT32) if is_wide else made


def body_of(fcompute: Callable[..., Any]) -> Callable[[list[Memory], list[Memory]], Stmt]:
    """Return `fcompute` as `autosched.te.extern` calls it."""

    def made(ins: list[Memory], outs: list[Memory]) -> Stmt:
        statement: Stmt = fcompute(list(map(Buffer, ins)), list(map(Buffer, outs)))
        return statement

    return made
