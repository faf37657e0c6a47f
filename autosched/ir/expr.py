"""Expression nodes: what a loop nest and a tensor expression compute with.

A node never changes once made, and hashes by identity; `structure.equal` compares nodes by
content. The Python operators build folded nodes through `autosched.ir.build`, `==` and `!=`
among them. Containers ask for the truth value of `a == b`: it is whether they are the same
node, or the value where both are constants. In the formula of a tensor, where a person
would write `if i == j`, it is refused.

Meaning: integers wrap at their width; `//` and `%` floor as in Python; a branch of
`Select` that is not taken is not evaluated, so it may guard a load; vector operations
work lane by lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.formula import is_being_read

if TYPE_CHECKING:
    from autosched.ir.buffer import Buffer

Operand = Any
"""An expression, or a Python number that takes the dtype of the expression beside it."""


class Expr:
    """Base of all expressions. `dtype` is the type of its value."""

    __slots__ = ()
    dtype: DType

    def __add__(self, other: Operand) -> Expr:
        return build.add(self, other)

    def __radd__(self, other: Operand) -> Expr:
        return build.add(other, self)

    def __sub__(self, other: Operand) -> Expr:
        return build.sub(self, other)

    def __rsub__(self, other: Operand) -> Expr:
        return build.sub(other, self)

    def __mul__(self, other: Operand) -> Expr:
        return build.mul(self, other)

    def __rmul__(self, other: Operand) -> Expr:
        return build.mul(other, self)

    def __truediv__(self, other: Operand) -> Expr:
        return build.div(self, other)

    def __rtruediv__(self, other: Operand) -> Expr:
        return build.div(other, self)

    def __floordiv__(self, other: Operand) -> Expr:
        return build.floordiv(self, other)

    def __rfloordiv__(self, other: Operand) -> Expr:
        return build.floordiv(other, self)

    def __mod__(self, other: Operand) -> Expr:
        return build.floormod(self, other)

    def __rmod__(self, other: Operand) -> Expr:
        return build.floormod(other, self)

    def __pow__(self, other: Operand) -> Expr:
        return build.power(self, other)

    def __rpow__(self, other: Operand) -> Expr:
        return build.power(other, self)

    def __neg__(self) -> Expr:
        return build.neg(self)

    def __pos__(self) -> Expr:
        return self

    def __invert__(self) -> Expr:
        return build.invert(self)

    def __and__(self, other: Operand) -> Expr:
        return build.bitand(self, other)

    def __rand__(self, other: Operand) -> Expr:
        return build.bitand(other, self)

    def __or__(self, other: Operand) -> Expr:
        return build.bitor(self, other)

    def __ror__(self, other: Operand) -> Expr:
        return build.bitor(other, self)

    def __xor__(self, other: Operand) -> Expr:
        return build.bitxor(self, other)

    def __rxor__(self, other: Operand) -> Expr:
        return build.bitxor(other, self)

    def __lshift__(self, other: Operand) -> Expr:
        return build.shift_left(self, other)

    def __rlshift__(self, other: Operand) -> Expr:
        return build.shift_left(other, self)

    def __rshift__(self, other: Operand) -> Expr:
        return build.shift_right(self, other)

    def __rrshift__(self, other: Operand) -> Expr:
        return build.shift_right(other, self)

    def __lt__(self, other: Operand) -> Expr:
        return build.lt(self, other)

    def __le__(self, other: Operand) -> Expr:
        return build.le(self, other)

    def __gt__(self, other: Operand) -> Expr:
        return build.lt(other, self)

    def __ge__(self, other: Operand) -> Expr:
        return build.le(other, self)

    def __eq__(self, other: Operand) -> Expr:  # type: ignore[override]
        return build.eq(self, other) if _is_operand(other) else NotImplemented

    def __ne__(self, other: Operand) -> Expr:  # type: ignore[override]
        return build.ne(self, other) if _is_operand(other) else NotImplemented

    __hash__ = object.__hash__

    def equal(self, other: Operand) -> Expr:
        return build.eq(self, other)

    def not_equal(self, other: Operand) -> Expr:
        return build.ne(self, other)

    def astype(self, dtype: DType | str) -> Expr:
        return build.cast(self, dtype)

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
    """A named scalar: a loop variable or a symbolic size. Two Vars are equal only if the same."""

    name: str
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Const(Expr):
    """A scalar constant; `value` is an int, a float or a bool, already rounded to its dtype."""

    value: int | float | bool
    dtype: DType

    def __bool__(self) -> bool:
        return bool(self.value) if self.dtype.is_bool else Expr.__bool__(self)


@dataclass(slots=True, eq=False, repr=False)
class Cast(Expr):
    """`value` converted, rounded once.

    A float becomes an integer by truncation; NaN is 0, and what is out of range the nearest.
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
    """The lesser; NaN if either is NaN."""

    __slots__ = ()


class Max(Binary):
    """The greater; NaN if either is NaN."""

    __slots__ = ()


class BitAnd(Binary):
    __slots__ = ()


class BitOr(Binary):
    __slots__ = ()


class BitXor(Binary):
    __slots__ = ()


class ShiftLeft(Binary):
    """Zero where the amount is negative or not below the width."""

    __slots__ = ()


class ShiftRight(Binary):
    """Arithmetic for signed integers, logical for unsigned ones.

    All bits are the sign, or zero, where the amount is negative or not below the width.
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
    """Both bools hold; neither side has an effect, so either may be evaluated."""

    __slots__ = ()


class Or(Binary):
    __slots__ = ()


@dataclass(slots=True, eq=False, repr=False)
class Not(Expr):
    a: Expr
    dtype: DType


@dataclass(slots=True, eq=False, repr=False)
class Select(Expr):
    """`then` where `condition` holds, else `otherwise`; only the one taken is evaluated."""

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
class Load(Expr):
    """The elements of `buffer` at `indices`, one per dimension.

    At most one index is a vector, and gives the lanes. `mask`, a bool of as many lanes,
    says which lanes are read; the others are zero.
    """

    buffer: Buffer
    indices: tuple[Expr, ...]
    dtype: DType
    mask: Expr | None = None


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


def _is_operand(value: object) -> bool:
    return isinstance(value, (Expr, Real, np.bool_)) or hasattr(value, "as_expr")


from autosched.ir import build  # noqa: E402  the operators above need it, and it needs the nodes
