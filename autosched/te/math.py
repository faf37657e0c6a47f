"""Functions of scalars: intrinsics, selects, limits of dtypes, divisions.

A function of floats also accepts integers and converts them to float32.
"""

from __future__ import annotations

from collections.abc import Callable

from autosched.errors import ExpressionError
from autosched.ir import build
from autosched.ir.build import as_expr, cast, const
from autosched.ir.dtype import FLOAT32, DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr, Operand


def _float_function(name: str, meaning: str) -> Callable[[Operand], Expr]:
    def function(x: Operand) -> Expr:
        value = _number(x, name)
        return build.call(name, value if value.dtype.is_float else cast(value, FLOAT32))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = meaning
    return function


def _rounding(name: str, meaning: str) -> Callable[[Operand], Expr]:
    def function(x: Operand) -> Expr:
        value = _number(x, name)
        return build.call(name, value) if value.dtype.is_float else value

    function.__name__ = function.__qualname__ = name
    function.__doc__ = meaning
    return function


exp = _float_function("exp", "e to the power of x.")
exp2 = _float_function("exp2", "2 to the power of x.")
log = _float_function("log", "The natural logarithm; -inf at 0, NaN below.")
log2 = _float_function("log2", "The logarithm to the base 2; -inf at 0, NaN below.")
log1p = _float_function("log1p", "log(1 + x), accurate near 0.")
sin = _float_function("sin", "The sine of x radians.")
cos = _float_function("cos", "The cosine of x radians.")
tanh = _float_function("tanh", "The hyperbolic tangent.")
erf = _float_function("erf", "The error function.")
sigmoid = _float_function("sigmoid", "1 / (1 + exp(-x)).")
sqrt = _float_function("sqrt", "The square root; NaN below 0.")
rsqrt = _float_function("rsqrt", "1 / sqrt(x).")
floor = _rounding("floor", "The greatest whole number not above x; an integer is unchanged.")
ceil = _rounding("ceil", "The least whole number not below x; an integer is unchanged.")
round = _rounding("round", "The nearest whole number, halves to even.")


def abs(x: Operand) -> Expr:
    """The absolute value; that of the least value of a signed dtype wraps to itself."""
    value = _number(x, "abs")
    return value if value.dtype.kind == "uint" else build.call("abs", value)


def isnan(x: Operand) -> Expr:
    value = _number(x, "isnan")
    return build.call("isnan", value) if value.dtype.is_float else const(False)


def popcount(x: Operand) -> Expr:
    """The number of bits set in an integer, in two's complement."""
    value = as_expr(x)
    if not value.dtype.is_integer:
        raise ExpressionError(f"expected an integer for 'popcount', got the dtype {value.dtype}")
    return build.call("popcount", value)


def power(x: Operand, y: Operand) -> Expr:
    """`x ** y` in floating point."""
    return build.power(x, y)


def maximum(a: Operand, b: Operand) -> Expr:
    """The greater of two values; NaN if either is."""
    return build.maximum(a, b)


def minimum(a: Operand, b: Operand) -> Expr:
    """The lesser of two values; NaN if either is."""
    return build.minimum(a, b)


def clip(x: Operand, low: Operand, high: Operand) -> Expr:
    """`x` limited to the range from `low` to `high`; NaN stays NaN."""
    value = as_expr(x)
    return build.maximum(build.minimum(value, high), low)


def if_then_else(condition: Operand, then: Operand, otherwise: Operand) -> Expr:
    """`then` if `condition` holds, else `otherwise`; only the chosen one is evaluated."""
    return build.select(condition, then, otherwise)


def all(*conditions: Operand) -> Expr:
    return build.and_(*conditions)


def any(*conditions: Operand) -> Expr:
    return build.or_(*conditions)


def min_value(dtype: DType | str) -> Expr:
    """The least value of `dtype`: minus infinity for floats."""
    element = as_dtype(dtype)
    return const(element.min_value, element)


def max_value(dtype: DType | str) -> Expr:
    """The greatest value of `dtype`: infinity for floats."""
    element = as_dtype(dtype)
    return const(element.max_value, element)


def floordiv(a: Operand, b: Operand) -> Expr:
    """`a // b`, rounded towards minus infinity as in Python."""
    return build.floordiv(a, b)


def floormod(a: Operand, b: Operand) -> Expr:
    """`a % b`, with the sign of `b` as in Python."""
    return build.floormod(a, b)


def truncdiv(a: Operand, b: Operand) -> Expr:
    """Integer division rounded towards zero, as in C."""
    a, b = build.match(a, b)
    floored = build.floordiv(a, b)
    inexact = build.ne(build.floormod(a, b), const(0, a.dtype))
    negative = build.ne(build.lt(a, const(0, a.dtype)), build.lt(b, const(0, b.dtype)))
    return floored + cast(build.and_(inexact, negative), a.dtype)


def truncmod(a: Operand, b: Operand) -> Expr:
    """The remainder of `truncdiv`, with the sign of `a`."""
    a, b = build.match(a, b)
    return a - truncdiv(a, b) * b


def div(a: Operand, b: Operand) -> Expr:
    """`a / b` of floats; of integers the quotient rounded towards zero, as in C."""
    a, b = build.match(a, b)
    return build.div(a, b) if a.dtype.is_float else truncdiv(a, b)


def _number(x: Operand, name: str) -> Expr:
    value = as_expr(x)
    if value.dtype.is_bool:
        raise ExpressionError(
            f"expected a number for '{name}', got a bool", hint="cast it with .astype('float32')"
        )
    return value
