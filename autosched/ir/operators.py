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
from autosched.ir.dtype import dtype as as_dtype

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


Method = Callable[[Any, Operand], Any]


def _both_ways(name: str) -> tuple[Method, Method]:
    """Make the methods of an operator: `build.<name>` of (self, other), and of (other, self).

    Outside of a formula, an operator of a `Whole` operand is one of whole tensors.
    """

    def forward(self: Any, other: Operand) -> Any:
        if isinstance(self, Whole) or isinstance(other, Whole):
            whole = self if isinstance(self, Whole) else other
            if whole.is_meant(self, other):
                return whole.elementwise(name, self, other)
        return getattr(build, name)(self, other)

    def backward(self: Any, other: Operand) -> Any:
        return forward(other, self)

    return forward, backward


class Operators:
    """Base of expressions, and of tensors and slices, which must be fully indexed as operands."""

    __slots__ = ()

    __add__, __radd__ = _both_ways("add")
    __sub__, __rsub__ = _both_ways("sub")
    __mul__, __rmul__ = _both_ways("mul")
    __truediv__, __rtruediv__ = _both_ways("div")
    __floordiv__, __rfloordiv__ = _both_ways("floordiv")
    __mod__, __rmod__ = _both_ways("floormod")
    __pow__, __rpow__ = _both_ways("power")
    __and__, __rand__ = _both_ways("bitand")
    __or__, __ror__ = _both_ways("bitor")
    __xor__, __rxor__ = _both_ways("bitxor")
    __lshift__, __rlshift__ = _both_ways("shift_left")
    __rshift__, __rrshift__ = _both_ways("shift_right")
    __lt__, __gt__ = _both_ways("lt")
    __le__, __ge__ = _both_ways("le")

    def __neg__(self) -> Expr:
        return build.neg(self)

    def __pos__(self) -> Expr:
        return build.as_expr(self)

    def __invert__(self) -> Expr:
        return build.invert(self)

    def equal(self, other: Operand) -> Expr:
        return build.eq(self, other)

    def same_as(self, other: object) -> bool:
        """Whether `other` is this very object, by TVM's name."""
        return self is other

    def not_equal(self, other: Operand) -> Expr:
        return build.ne(self, other)

    def astype(self, dtype: DType | str) -> Expr:
        """Return the value converted; of a scalar to a vector, in each lane."""
        made, lanes = build.cast(self, dtype), as_dtype(dtype).lanes
        return made if lanes == 1 else build.broadcast(made, lanes)


class Whole(Operators):
    """Base of tensors, whose arithmetic outside of formulas is that of all elements."""

    __slots__ = ()

    def is_meant(self, left: Operand, right: Operand) -> bool:
        """Tell whether an operator of these operands is one of whole tensors."""
        return not is_being_read()

    def astype(self, dtype: DType | str) -> Any:
        if self.is_meant(self, dtype):
            return self.elementwise("cast", self, dtype)
        return build.cast(self, dtype)

    def elementwise(self, name: str, left: Operand, right: Operand) -> Any:
        """Return the tensor of `build.<name>` of the elements of both operands."""
        raise NotImplementedError


from autosched.ir import build  # noqa: E402  nodes and their constructors name each other
