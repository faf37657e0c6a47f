"""Functions of scalars: intrinsics, limits of dtypes, divisions.

A function of floats also accepts integers and converts them to float32.
"""

from __future__ import annotations

from collections.abc import Callable

from autosched.errors import ExpressionError
from autosched.ir import build
from autosched.ir.build import as_expr, cast, const
from autosched.ir.dtype import FLOAT32, INT32, DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr, Operand


def _float_function(name: str, meaning: str, rounds: bool = False) -> Callable[[Operand], Expr]:
    """Return a function of floats; one that rounds returns integers and bools unchanged."""

    def function(x: Operand) -> Expr:
        value = as_expr(x)
        if value.dtype.is_float:
            return build.call(name, value)
        return value if rounds else build.call(name, cast(_number(value, name), FLOAT32))

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
tan = _float_function("tan", "Return the tangent of x radians.")
asin = _float_function("asin", "Return the arcsine in radians; NaN outside of -1 to 1.")
acos = _float_function("acos", "Return the arccosine in radians; NaN outside of -1 to 1.")
atan = _float_function("atan", "Return the arctangent in radians.")
sinh = _float_function("sinh", "Return the hyperbolic sine.")
cosh = _float_function("cosh", "Return the hyperbolic cosine.")
asinh = _float_function("asinh", "Return the inverse hyperbolic sine.")
acosh = _float_function("acosh", "Return the inverse hyperbolic cosine; NaN below 1.")
atanh = _float_function("atanh", "Return the inverse hyperbolic tangent; NaN outside of -1 to 1.")
log10 = _float_function("log10", "Return the logarithm to the base 10; -inf at 0, NaN below.")
trunc = _float_function("trunc", "Return the whole number nearest to x, towards zero.", True)
floor = _float_function("floor", "Return the greatest whole number not above x.", True)
ceil = _float_function("ceil", "Return the least whole number not below x.", True)
round = _float_function("round", "Return the nearest whole number, halves to even.", True)


def _function_of_two(name: str, meaning: str) -> Callable[[Operand, Operand], Expr]:
    def function(x: Operand, y: Operand) -> Expr:
        a, b = build.match(x, y)
        if not a.dtype.is_float:
            a, b = cast(a, FLOAT32), cast(b, FLOAT32)
        return build.call(name, a, b)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = meaning
    return function


atan2 = _function_of_two("atan2", "Return the angle of the point (y, x) in radians.")
fmod = _function_of_two("fmod", "Return the remainder of x / y, with the sign of x.")
hypot = _function_of_two("hypot", "Return the length of the vector (x, y), without overflow.")
copysign = _function_of_two("copysign", "Return x with the sign of y.")


def nextafter(x: Operand, y: Operand) -> Expr:
    """Return the float32 or float64 after x in the direction of y."""
    a, b = build.match(x, y)
    if a.dtype.name not in ("float32", "float64"):
        raise ExpressionError(f"expected float32 or float64 for 'nextafter', got {a.dtype}")
    return build.call("nextafter", a, b)


def ldexp(x: Operand, exponent: Operand) -> Expr:
    """Return x times 2 to the power of an integer, in steps that do not overflow."""
    value, n = _number(x, "ldexp"), cast(as_expr(exponent), FLOAT32)
    value = value if value.dtype.is_float else cast(value, FLOAT32)
    third = floor(n * (1 / 3))
    for part in (third, third, n - third - third):
        value = value * exp2(part)
    return value


def exp10(x: Operand) -> Expr:
    """Return 10 to the power of x."""
    return build.power(10.0, x)


def isinf(x: Operand) -> Expr:
    """Return whether a value is infinite; integers never are."""
    value = _number(x, "isinf")
    return build.eq(abs(value), max_value(value.dtype)) if value.dtype.is_float else const(False)


def isfinite(x: Operand) -> Expr:
    """Return whether a value is neither infinite nor NaN; integers always are."""
    value = _number(x, "isfinite")
    return build.lt(abs(value), max_value(value.dtype)) if value.dtype.is_float else const(True)


def clz(x: Operand) -> Expr:
    """Return the number of leading zero bits of an integer, as int32."""
    value = as_expr(x)
    if not value.dtype.is_integer:
        raise ExpressionError(f"expected an integer for 'clz', got the dtype {value.dtype}")
    bits = cast(value, as_dtype(f"uint{value.dtype.bits}"))
    step = 1
    while step < value.dtype.bits:
        bits = build.bitor(bits, build.shift_right(bits, step))
        step *= 2
    return value.dtype.bits - cast(popcount(bits), INT32)


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


nearbyint = round


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
