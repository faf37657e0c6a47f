"""Python's operators for expressions, and the flag of a formula under evaluation.

The operators build folded nodes through `autosched.ir.build`. Each class defines equality, which
containers use. While a user's formula is called with variables, `a == b` must stay an expression:
Python would decide `if a == b` once for all values, so its truth value is refused there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from autosched.ir.dtype import DType

if TYPE_CHECKING:
    from autosched.ir.expr import Expr

_reading: ContextVar[bool] = ContextVar("reading", default=False)

is_being_read: Callable[[], bool] = _reading.get
"""Tell whether this thread is calling a formula now."""

Operand = Any
"""An expression, or a Python number that takes the dtype of the expression beside it."""


def read_formula(formula: Callable[..., Any], *variables: Any) -> Any:
    """Return `formula(*variables)`, in which a truth value of `a == b` is refused."""
    token = _reading.set(True)
    try:
        return formula(*variables)
    finally:
        _reading.reset(token)


class Operators:
    """Base of expressions, and of tensors and slices, which must be fully indexed as operands."""

    __slots__ = ()

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
        return build.as_expr(self)

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

    def equal(self, other: Operand) -> Expr:
        return build.eq(self, other)

    def not_equal(self, other: Operand) -> Expr:
        return build.ne(self, other)

    def astype(self, dtype: DType | str) -> Expr:
        return build.cast(self, dtype)


from autosched.ir import build  # noqa: E402  nodes and their constructors name each other
