"""Functions of scalars: intrinsics, limits of dtypes, divisions.

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


def _float_function(
    name: str, meaning: str, keeps_integers: bool = False
) -> Callable[[Operand], Expr]:
    def function(x: Operand) -> Expr:
        value = _number(x, name)
        if not value.dtype.is_float:
            if keeps_integers:
                return value
            value = cast(value, FLOAT32)
        return build.call(name, value)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = meaning
    return function


exp = _float_function("exp", "Return e to the power of x.")
exp2 = _float_function("exp2", "Return 2 to the power of x.")
log = _float_function("log", "Return the natural logarithm; -inf at 0, NaN below.")
log2 = _float_function("log2", "Return the logarithm to the base 2; -inf at 0, NaN below.")
log1p = _float_function("log1p", "Return log(1 + x), accurate near 0.")
sin = _float_function("sin", "Return the sine of x radians.")
cos = _float_function("cos", "Return the cosine of x radians.")
tanh = _float_function("tanh", "Return the hyperbolic tangent.")
erf = _float_function("erf", "Return the error function.")
sigmoid = _float_function("sigmoid", "Return 1 / (1 + exp(-x)).")
sqrt = _float_function("sqrt", "Return the square root; NaN below 0.")
rsqrt = _float_function("rsqrt", "Return 1 / sqrt(x).")
floor = _float_function("floor", "Return the greatest whole number not above x.", True)
ceil = _float_function("ceil", "Return the least whole number not below x.", True)
round = _float_function("round", "Return the nearest whole number, halves to even.", True)


def abs(x: Operand) -> Expr:
    """Return the absolute value; that of the least value of a signed dtype wraps to itself."""
    value = _number(x, "abs")
    return value if value.dtype.kind == "uint" else build.call("abs", value)


def isnan(x: Operand) -> Expr:
    """Return whether a value is NaN; integers never are."""
    value = _number(x, "isnan")
    return build.call("isnan", value) if value.dtype.is_float else const(False)


def popcount(x: Operand) -> Expr:
    """Return the number of bits set in an integer, in two's complement."""
    value = as_expr(x)
    if not value.dtype.is_integer:
        raise ExpressionError(f"expected an integer for 'popcount', got the dtype {value.dtype}")
    return build.call("popcount", value)


def clip(x: Operand, low: Operand, high: Operand) -> Expr:
    """Limit `x` to the range from `low` to `high`; NaN stays NaN."""
    value = as_expr(x)
    return build.maximum(build.minimum(value, high), low)


def min_value(dtype: DType | str) -> Expr:
    """Return the least value of `dtype`: minus infinity for floats."""
    element = as_dtype(dtype)
    return const(element.min_value, element)


def max_value(dtype: DType | str) -> Expr:
    """Return the greatest value of `dtype`: infinity for floats."""
    element = as_dtype(dtype)
    return const(element.max_value, element)


def truncdiv(a: Operand, b: Operand) -> Expr:
    """Return the quotient of integers rounded towards zero, as in C."""
    a, b = build.match(a, b)
    floored = build.floordiv(a, b)
    inexact = build.ne(build.floormod(a, b), const(0, a.dtype))
    negative = build.ne(build.lt(a, const(0, a.dtype)), build.lt(b, const(0, b.dtype)))
    return floored + cast(build.and_(inexact, negative), a.dtype)


def truncmod(a: Operand, b: Operand) -> Expr:
    """Return the remainder of `truncdiv`, with the sign of `a`."""
    a, b = build.match(a, b)
    return a - truncdiv(a, b) * b


def div(a: Operand, b: Operand) -> Expr:
    """Return `a / b` of floats; of integers the quotient rounded towards zero, as in C."""
    a, b = build.match(a, b)
    return build.div(a, b) if a.dtype.is_float else truncdiv(a, b)


def _number(x: Operand, name: str) -> Expr:
    value = as_expr(x)
    if value.dtype.is_bool:
        raise ExpressionError(
            f"expected a number for '{name}', got a bool", hint="cast it with .astype('float32')"
        )
    return value
