"""exp, exp2 and expm1, and two functions for tanh, erf and sigmoid.

x = n ln 2 + r with |r| <= ln 2 / 2, n found by adding a large number whose last bit is one,
ln 2 in two pieces so that r is exact to a rounding. Then e^x = 2^n (1 + r + r^2 Q(r)), and
2^n is multiplied in by an instruction or as two factors, so that overflow gives infinity and the
only rounding of a denormal result is the last one. Arguments far below any result but zero, such as
those of masked scores, give it by a product with zero: an underflow costs processors hundreds of
cycles.

The polynomials are minimax (Remez, weighted for the relative error of the result, leading
coefficients rounded one after the other); their errors are stated where they stand.
"""

from __future__ import annotations

from autosched.codegen.llvm.math import tables
from autosched.codegen.llvm.math.emit import Function, Value

# e^x - 1 rounds to x below this.
_TINY = 2.0**-60


def exp(f: Function) -> Value:
    """Return e^x. Measured: float32 0.90 ulp, float64 0.87 ulp."""
    (x,) = f.arguments
    return exponential(f, x)


def exp2(f: Function) -> Value:
    """Return 2^x. Measured: float32 0.90 ulp, float64 0.80 ulp."""
    (x,) = f.arguments
    low, high = tables.EXP2_RANGE[f.dtype.bits]
    bounded = _bounded(f, x.at_most(high), 1.0)
    return _vanishing(f, x, low, power_of_two(f, bounded, 0.0, tables.EXP2[f.dtype.bits]))


def expm1(f: Function) -> Value:
    """Return e^x - 1. Measured: float32 1.44 ulp, float64 1.9 ulp."""
    (x,) = f.arguments
    low, high = tables.EXPM1_RANGE[f.dtype.bits]
    bounded = x.at_most(high).at_least(low)
    q, half = expm1_parts(f, bounded, -1)
    # Half the scale, doubled at the end: 2^n alone would overflow before the result does.
    value = f.fma(half, q, half - 0.5) * 2.0
    # Halving would cost a denormal its last bit, and the sum the sign of zero.
    return (x.fabs() < _TINY).where(x, value)


def exponential(f: Function, x: Value) -> Value:
    """Return e^x for any x."""
    low, high = tables.EXP_RANGE[f.dtype.bits]
    bounded = _bounded(f, x.at_most(high), f.form.ln2[0])
    shifted, n = _nearest_integer(f, bounded, f.form.log2_e[0])
    r = _remainder(f, bounded, n)
    value = _scaled(f, f.horner(r, (1.0, 1.0, *tables.EXP[f.dtype.bits])), shifted, n)
    return _vanishing(f, x, low, value)


def power_of_two(
    f: Function, x: Value, rest: Value | float, polynomial: tuple[float, ...]
) -> Value:
    """Return 2^(x + rest) for x near the exponents, by a polynomial for (2^r - 1) / r."""
    shifted, n = _nearest_integer(f, x, 1.0)
    r = x - n
    r = r + rest if isinstance(rest, Value) else r
    return _scaled(f, f.horner(r, (1.0, *polynomial)), shifted, n)


def expm1_parts(f: Function, x: Value, exponent: int = 0) -> tuple[Value, Value]:
    """Return q = e^r - 1 to relative precision, and 2^(n + exponent), which must be normal.

    So e^x is (q + 1) 2^n, and e^x - 1 is q 2^n + (2^n - 1), precise near zero too.
    """
    magic = f.form.round_to_integer + f.form.bias + exponent
    shifted = f.fma(x, f.form.log2_e[0], magic)
    r = _remainder(f, x, shifted - magic)
    q = f.fma(r * r, f.horner(r, tables.EXPM1[f.dtype.bits]), r)
    return q, (shifted.bits() << f.form.mantissa).as_float()


def _bounded(f: Function, x: Value, unit: float) -> Value:
    """Return x, at least so many units that both factors of a power of two are zero there."""
    return x if f.scaling is not None else x.at_least(-2.0 * f.form.bias * unit)


def _vanishing(f: Function, x: Value, low: float, value: Value) -> Value:
    """Return zero where x is below `low`; there two factors have given it already."""
    return value if f.scaling is None else (x < low).where(0.0, value)


def _nearest_integer(f: Function, x: Value, factor: float) -> tuple[Value, Value]:
    """Return a float with n + 2 bias in its low bits, and n, the integer nearest to x * factor."""
    magic = f.form.round_to_integer + 2 * f.form.bias
    shifted = x + magic if factor == 1.0 else f.fma(x, factor, magic)
    return shifted, shifted - magic


def _remainder(f: Function, x: Value, n: Value) -> Value:
    """Return x - n ln 2; the product with the leading piece cancels exactly."""
    high, low = f.form.ln2
    return f.fma(n, -low, f.fma(n, -high, x))


def _scaled(f: Function, value: Value, shifted: Value, n: Value) -> Value:
    """Return value * 2^n, by an instruction or two factors; `shifted` has n + 2 bias as bits."""
    if f.scaling is not None:
        return f.scaled(f.scaling, value, n)
    mantissa = f.form.mantissa
    bits = shifted.bits()
    first = (bits >> 1) << mantissa
    second = (bits << mantissa) - first
    return value * first.as_float() * second.as_float()
