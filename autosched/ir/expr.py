"""Expression nodes of loop nests and tensor expressions, and the buffers that they load from.

A node never changes and hashes by identity; `structure.equal` compares nodes by content. The
Python operators, also `==` and `!=`, build folded nodes through `autosched.ir.build`. Containers
use the truth value of `a == b`: it is whether both are the same node, or the value if both are
constants. In the formula of a tensor it is refused, since Python would decide `if i == j` once
for all elements.

Meaning: integers wrap at their width; `//` and `%` floor as in Python; a branch of
`Select` that is not taken is not evaluated, so it may guard a load; vector operations
work lane by lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir.dtype import INT64, DType
from autosched.ir.operators import Operand as Operand
from autosched.ir.operators import Operators, is_being_read


class Expr(Operators):
    """Base of all expressions. `dtype` is the type of its value."""

    __slots__ = ()
    dtype: DType

    def __eq__(self, other: Operand) -> Expr:  # type: ignore[override]
        return build.eq(self, other) if _is_comparable(self, other) else NotImplemented

    def __ne__(self, other: Operand) -> Expr:  # type: ignore[override]
        return build.ne(self, other) if _is_comparable(self, other) else NotImplemented

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise ExpressionError(
            f"expected a Python truth value, got the expression {self}",
            hint="write te.if_then_else(c, a, b) for a choice, and te.all or te.any for 'and' "
            "and 'or'",
        )

    def __str__(self) -> str:
        from autosched.ir.printer import expr_text

        return expr_text(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


@dataclass(slots=True, eq=False, repr=False)
class Var(Expr):
    """A named scalar: a loop variable or a symbolic size. Equal if identical."""

    name: str
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Const(Expr):
    """A scalar constant; `value` is an int, a float or a bool, already rounded to its dtype."""

    value: int | float | bool
    dtype: DType

    def __bool__(self) -> bool:
        return bool(self.value) if self.dtype.is_bool else Expr.__bool__(self)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        if not self.dtype.is_integer:
            raise TypeError(f"expected an integer, got {self} of dtype {self.dtype}")
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)


@dataclass(slots=True, eq=False, repr=False)
class Cast(Expr):
    """The conversion of `value`, rounded once.

    A float is truncated to an integer: NaN to 0, values out of range to the nearest limit.
    """

    value: Expr
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Binary(Expr):
    """Base of the operations of two operands of one dtype."""

    a: Expr
    b: Expr
    dtype: DType


class Add(Binary):
    __slots__ = ()


class Sub(Binary):
    __slots__ = ()


class Mul(Binary):
    __slots__ = ()


class Div(Binary):
    """True division of floats."""

    __slots__ = ()


class FloorDiv(Binary):
    """Integer (or float) division rounded towards minus infinity; an integer by zero is 0."""

    __slots__ = ()


class FloorMod(Binary):
    """`a - b * (a // b)`: the sign is that of `b`; an integer by zero is 0."""

    __slots__ = ()


class Min(Binary):
    """The lesser of two values; NaN if either is NaN."""

    __slots__ = ()


class Max(Binary):
    """The greater of two values; NaN if either is NaN."""

    __slots__ = ()


class BitAnd(Binary):
    __slots__ = ()


class BitOr(Binary):
    __slots__ = ()


class BitXor(Binary):
    __slots__ = ()


class ShiftLeft(Binary):
    """A shift that gives zero if the amount is negative or not below the width."""

    __slots__ = ()


class ShiftRight(Binary):
    """A shift, arithmetic for signed integers and logical for unsigned ones.

    All bits are the sign, or zero, if the amount is negative or not below the width.
    """

    __slots__ = ()


class Compare(Binary):
    """Base of the comparisons: operands of one dtype, a bool result of as many lanes."""

    __slots__ = ()


class Eq(Compare):
    __slots__ = ()

    def __bool__(self) -> bool:
        same = self.a is self.b
        return Expr.__bool__(self) if not same and is_being_read() else same


class Ne(Compare):
    __slots__ = ()

    def __bool__(self) -> bool:
        other = self.a is not self.b
        return Expr.__bool__(self) if other and is_being_read() else other


class Lt(Compare):
    __slots__ = ()


class Le(Compare):
    __slots__ = ()


class And(Binary):
    """The conjunction of bools. Both sides may be evaluated, since neither has an effect."""

    __slots__ = ()


class Or(Binary):
    __slots__ = ()


@dataclass(slots=True, eq=False, repr=False)
class Not(Expr):
    a: Expr
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Select(Expr):
    """The value `then` if `condition` holds, else `otherwise`; only that one is evaluated."""

    condition: Expr
    then: Expr
    otherwise: Expr
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Call(Expr):
    """A pure function of `autosched.ir.intrinsics` applied lane by lane."""

    name: str
    args: tuple[Expr, ...]
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class OutsideCall(Expr):
    """The value of a pure function outside: one of C over scalars, or an intrinsic of LLVM.

    `language` is "c" or "llvm". The name of an intrinsic of LLVM has the types that it is for.
    """

    function: str
    args: tuple[Expr, ...]
    dtype: DType
    language: str = "c"


@dataclass(slots=True, eq=False, repr=False)
class Reinterpret(Expr):
    """The bits of `value` as a dtype of as many bits."""

    value: Expr
    dtype: DType


@dataclass(slots=True, eq=False)
class Buffer:
    """A dense row-major array of `shape` elements of a scalar `dtype`.

    `strides`, in elements, are None unless `storage_align` made them differ from the dense ones.
    `scope` is the memory that holds it: `global` for parameters and the heap, `local` for the
    stack of a thread, or its registers if all indices are constants; an accelerator adds its own.
    With more than one of `copies`, a target that loads while it computes keeps that many buffers
    and takes the next one at each allocation.
    """

    name: str
    shape: tuple[Expr, ...]
    dtype: DType
    scope: str = "global"
    strides: tuple[Expr, ...] | None = None
    copies: int = 1

    def __repr__(self) -> str:
        extents = ", ".join(str(extent) for extent in self.shape)
        return f"<Buffer {self.name}[{extents}] {self.dtype} {self.scope}>"


@dataclass(slots=True, eq=False, repr=False)
class Load(Expr):
    """The elements of `buffer` at `indices`, one per dimension.

    After indices of 0, one may pass the end of its dimension, and goes on in the next row.
    At most one index is a vector, and gives the lanes. `mask`, a bool of as many lanes,
    says which lanes are read; the others are zero.
    """

    buffer: Buffer
    indices: tuple[Expr, ...]
    dtype: DType
    mask: Expr | None = None


@dataclass(slots=True, eq=False, repr=False)
class Address(Expr):
    """The elements of `buffer` from `indices` on, as an argument of a function outside.

    A C function takes the address of the first one, a Python function an array of this `shape`
    with these `strides`, in elements.
    """

    buffer: Buffer
    indices: tuple[Expr, ...]
    shape: tuple[Expr, ...]
    strides: tuple[Expr, ...]
    dtype: DType = INT64


@dataclass(slots=True, eq=False, repr=False)
class Ramp(Expr):
    """The vector `base, base + stride, ..., base + (lanes - 1) * stride`."""

    base: Expr
    stride: int
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Broadcast(Expr):
    """A vector whose lanes are all `value`."""

    value: Expr
    dtype: DType


def _is_comparable(expr: Expr, value: object) -> bool:
    """Return whether `value` can be compared with `expr`.

    Raises ExpressionError in a formula, where Python would find them different for all elements.
    """
    if isinstance(value, (Expr, Real, np.bool_)) or hasattr(value, "as_expr"):
        return True
    if is_being_read():
        raise ExpressionError(
            f"expected a number or an expression to compare with {expr}, got {value!r}",
            hint="every element is a number; write `x is None` to test a Python value",
        )
    return False


from autosched.ir import build  # noqa: E402  the operators above need it, and it needs the nodes
