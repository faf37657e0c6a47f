"""Arithmetic, comparisons and choices."""

from __future__ import annotations

from collections.abc import Callable

from autosched.frontend.stablehlo.node import CONVERTERS, Converter, HloNode, converts, direction_of
from autosched.graph.graph import Value
from autosched.graph.operators import activation as ac
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.operator import Operator
from autosched.ir.dtype import dtype

OPERATORS: dict[str, Callable[[], Operator]] = {
    "abs": ar.Abs,
    "negate": ar.Neg,
    "sign": ar.Sign,
    "ceil": ar.Ceil,
    "floor": ar.Floor,
    "round_nearest_even": ar.Round,
    "sqrt": ar.Sqrt,
    "rsqrt": ar.Rsqrt,
    "exponential": ar.Exp,
    "exponential_minus_one": ar.Expm1,
    "log": ar.Log,
    "log_plus_one": ar.Log1p,
    "sine": ar.Sin,
    "cosine": ar.Cos,
    "tan": ar.Tan,
    "tanh": ar.Tanh,
    "logistic": ac.Sigmoid,
    "erf": ar.Erf,
    "subtract": ar.Sub,
    "divide": ar.Div,
    "remainder": ar.Fmod,
    "power": ar.Pow,
    "atan2": ar.Atan2,
    "select": ar.Where,
    "shift_left": ar.ShiftLeft,
    "shift_right_arithmetic": ar.ShiftRight,
}
"""Operations that are one operator of ours."""

OF_BOOLS: dict[str, tuple[Callable[[], Operator], Callable[[], Operator]]] = {
    "add": (ar.Or, ar.Add),
    "multiply": (ar.And, ar.Mul),
    "maximum": (ar.Or, ar.Maximum),
    "minimum": (ar.And, ar.Minimum),
    "and": (ar.And, ar.BitAnd),
    "or": (ar.Or, ar.BitOr),
    "xor": (ar.Xor, ar.BitXor),
    "not": (ar.Not, ar.BitNot),
}
"""Operations that are another operator on bools than on numbers."""


def _one(make: Callable[[], Operator]) -> Converter:
    return lambda node: node.emit(make(), *node.narrow())


def _by_dtype(of_bools: Callable[[], Operator], of_numbers: Callable[[], Operator]) -> Converter:
    def convert(node: HloNode) -> Value:
        make = of_bools if node.type.dtype.is_bool else of_numbers
        return node.emit(make(), *node.narrow())

    return convert


CONVERTERS.update({name: _one(make) for name, make in OPERATORS.items()})
CONVERTERS.update({name: _by_dtype(*pair) for name, pair in OF_BOOLS.items()})


@converts("compare")
def _compare(node: HloNode) -> Value:
    direction = direction_of(node.operation)
    a, b = node.narrow()
    if direction in ("GT", "GE"):
        a, b = b, a
    if direction in ("EQ", "NE"):
        equal = node.emit(ar.Equal(), a, b)
        return equal if direction == "EQ" else node.emit(ar.Not(), equal)
    return node.emit(ar.Less() if direction in ("LT", "GT") else ar.LessEqual(), a, b)


@converts("convert")
def _convert(node: HloNode) -> Value:
    return node.cast(node.inputs[0], node.type.dtype)


@converts("clamp")
def _clamp(node: HloNode) -> Value:
    low, x, high = node.inputs
    return node.emit(ar.Minimum(), node.emit(ar.Maximum(), x, low), high)


@converts("is_finite")
def _is_finite(node: HloNode) -> Value:
    x = node.inputs[0]
    odd = node.emit(ar.Or(), node.emit(ar.IsInf(), x), node.emit(ar.IsNan(), x))
    return node.emit(ar.Not(), odd)


@converts("square")
def _square(node: HloNode) -> Value:
    return node.emit(ar.Mul(), node.inputs[0], node.inputs[0])


@converts("cbrt")
def _cbrt(node: HloNode) -> Value:
    x = node.inputs[0]
    third = node.constant(1 / 3, node.type.dtype)
    return node.emit(
        ar.Mul(), node.emit(ar.Sign(), x), node.emit(ar.Pow(), node.emit(ar.Abs(), x), third)
    )


@converts("shift_right_logical")
def _shift_right_logical(node: HloNode) -> Value:
    """Zeros come in from the left, as in unsigned integers."""
    element = node.type.dtype
    unsigned = dtype(f"uint{8 * element.bytes}")
    given = [node.cast(value, unsigned) for value in node.inputs]
    return node.cast(node.emit(ar.ShiftRight(), *given), element)


@converts("bitcast_convert")
def _bitcast_convert(node: HloNode) -> Value:
    x = node.inputs[0]
    if node.shape(x) != node.type.sizes:
        raise node.unsupported("a dtype of the same width")
    return node.emit(ar.BitCast(node.type.dtype), x)


@converts("optimization_barrier")
def _barrier(node: HloNode) -> list[Value]:
    return node.inputs
