"""Binary operators of tensors and numbers, whose shapes are broadcast as in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.elementwise import broadcast_read, broadcast_shape
from autosched.te.tensor import Tensor
from autosched.tvm.topi.tag import BROADCAST, ELEMWISE

Operand = Any


def combined(name: str, function: Callable[..., Expr], *operands: Operand) -> Any:
    """Return the tensor of `function` of the operands' elements, or its value for numbers."""
    tensors = [operand for operand in operands if isinstance(operand, Tensor)]
    if not tensors:
        return function(*operands)
    shape = broadcast_shape(name, *(tensor.shape for tensor in tensors))

    def element(*place: Expr) -> Expr:
        return function(
            *(
                broadcast_read(each, place)
                if isinstance(each, Tensor)
                else each
                if isinstance(each, Expr)
                else te.const(each, tensors[0].dtype)
                for each in operands
            )
        )

    tag = ELEMWISE if len(tensors) < len(operands) else BROADCAST
    return te.compute(shape, element, name=name, tag=tag)


def broadcast_to(data: Tensor, shape: Sequence[Any]) -> Tensor:
    """`data` with its extents of 1 repeated to `shape`."""
    wanted = te.placeholder(tuple(shape), data.dtype).shape
    full = broadcast_shape("broadcast_to", data.shape, wanted)
    return te.compute(
        full, lambda *i: broadcast_read(data, i), name="T_broadcast_to", tag=BROADCAST
    )


def _binary(name: str, function: Callable[[Expr, Expr], Expr], meaning: str) -> Callable[..., Any]:
    def operator(lhs: Operand, rhs: Operand) -> Any:
        return combined(f"T_{name}", function, lhs, rhs)

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = meaning
    return operator


def _divided(a: Expr, b: Expr) -> Expr:
    return a / b if a.dtype.is_float else te.truncdiv(a, b)


def _remainder(a: Expr, b: Expr) -> Expr:
    return te.truncmod(a, b)


add = _binary("add", lambda a, b: a + b, "`lhs + rhs`.")
subtract = _binary("subtract", lambda a, b: a - b, "`lhs - rhs`.")
multiply = _binary("multiply", lambda a, b: a * b, "`lhs * rhs`.")
divide = _binary("divide", _divided, "`lhs / rhs`; integers round towards 0.")
floor_divide = _binary("floor_divide", lambda a, b: a // b, "`lhs / rhs`, rounded down.")
mod = _binary("mod", _remainder, "The remainder of the division that rounds towards 0.")
floor_mod = _binary("floor_mod", lambda a, b: a % b, "The remainder of the division rounded down.")
maximum = _binary("maximum", te.maximum, "The greater element.")
minimum = _binary("minimum", te.minimum, "The lesser element.")
power = _binary("power", te.power, "`lhs` to the power of `rhs`.")
left_shift = _binary("left_shift", lambda a, b: a << b, "`lhs << rhs`.")
right_shift = _binary("right_shift", lambda a, b: a >> b, "`lhs >> rhs`.")
greater = _binary("greater", lambda a, b: a > b, "`lhs > rhs`.")
less = _binary("less", lambda a, b: a < b, "`lhs < rhs`.")
equal_to = _binary("equal", lambda a, b: a == b, "`lhs == rhs`.")
not_equal = _binary("not_equal", lambda a, b: a != b, "`lhs != rhs`.")
greater_equal = _binary("greater_equal", lambda a, b: a >= b, "`lhs >= rhs`.")
less_equal = _binary("less_equal", lambda a, b: a <= b, "`lhs <= rhs`.")
logical_and = _binary("logical_and", te.all, "Whether both are true.")
logical_or = _binary("logical_or", te.any, "Whether one of both is true.")
logical_xor = _binary("logical_xor", lambda a, b: a != b, "Whether exactly one of both is true.")
bitwise_and = _binary("bitwise_and", lambda a, b: a & b, "`lhs & rhs`.")
bitwise_or = _binary("bitwise_or", lambda a, b: a | b, "`lhs | rhs`.")
bitwise_xor = _binary("bitwise_xor", lambda a, b: a ^ b, "`lhs ^ rhs`.")


def where(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """`x` where the condition is not 0, otherwise `y`, all broadcast."""

    def chosen(c: Expr, a: Expr, b: Expr) -> Expr:
        return te.if_then_else(c if c.dtype.is_bool else c != 0, a, b)

    result: Tensor = combined("T_where", chosen, condition, x, y)
    return result
