"""fmod: the quotient's whole part times the divisor is subtracted, with nothing rounded."""

from __future__ import annotations

from autosched.codegen.llvm.math.emit import Function, Value


def fmod(f: Function) -> Value:
    """Return the remainder of x / y, with the sign of x; exact, as C's for all arguments.

    A quotient below 2^24 (float32) or 2^53 (float64) rounds to a number that has its whole part or
    one more. Both remainders, and what corrects the second, are exact. Where a lane's quotient is
    larger or no number, all lanes are computed by C's function.
    """
    x, y = f.arguments
    a, b = x.fabs(), y.fabs()
    quotient = a / b
    rest = f.fma(-f.intrinsic("trunc", quotient), b, a)
    rest = (rest < 0.0).where(rest + b, rest)
    # An infinite divisor times zero is no number.
    usual = (a < b).where(a, rest).copysign(x)
    large = ~(quotient < 2.0 ** (f.form.mantissa + 1))
    (value,) = f.when_any(large, lambda: (x % y,), (usual,))
    return value
