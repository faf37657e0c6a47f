"""exp, exp2 and expm1, and two functions for tanh, erf and sigmoid.

x = n ln 2 + r with |r| <= ln 2 / 2, n found by adding a large number whose last bit is one,
ln 2 in two pieces so that r is exact to a rounding. Then e^x = 2^n (1 + r + r^2 Q(r)), and
2^n is multiplied in by an instruction or as two factors, so that overflow gives infinity and the
only rounding of a denormal result is the last one. Arguments far below any result but zero, such as
those of masked scores, give it by a product with zero: an underflow costs processors hundreds of
cycles.

With AVX-512, exp and exp2 of float32 take powers from a table by an instruction: n counts 32nds or
sixteenths, and what is left is so small that a term or two are enough.

The polynomials are minimax (Remez, weighted for the relative error of the result, leading
coefficients rounded one after the other); their errors are stated where they stand.
"""

from __future__ import annotations

from autosched.codegen.llvm.math import tables
from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.math.lookup import Places

# e^x - 1 rounds to x below this.
_TINY = 2.0**-60


def exp(f: Function) -> Value:
    """Return e^x. Measured: float32 0.90 ulp, by a table 1.75 ulp, float64 0.87 ulp."""
    (x,) = f.arguments
    return exponential(f, x)


def exp2(f: Function) -> Value:
    """Return 2^x. Measured: float32 0.90 ulp, by a table 0.99 ulp, float64 0.80 ulp."""
    (x,) = f.arguments
    low, high = tables.EXP2_RANGE[f.dtype.bits]
    bounded = _bounded(f, x.at_most(high), 1.0)
    if f.has_wide_tables:
        value = power_of_parts(f, bounded)
    else:
        value = power_of_two(f, bounded, 0.0, tables.EXP2[f.dtype.bits])
    return _vanishing(f, x, low, value)


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
    shifted, n = _nearest(
        f, bounded, f.form.log2_e[0], tables.EXP_PARTS if f.has_wide_tables else 1
    )
    r = _remainder(f, bounded, n)
    if f.has_wide_tables:
        small = r * f.horner(r, tables.EXP_PART)
        value = _from_table(f, small, shifted, n, tables.EXP_PARTS)
    else:
        value = f.horner(r, (1.0, 1.0, *tables.EXP[f.dtype.bits]))
        value = _scaled(f, value, shifted.bits(), n)
    return _vanishing(f, x, low, value)


def power_of_two(
    f: Function, x: Value, rest: Value | float, polynomial: tuple[float, ...]
) -> Value:
    """Return 2^(x + rest) for x near the exponents, by a polynomial for (2^r - 1) / r."""
    shifted, n = _nearest(f, x, 1.0)
    r = x - n
    r = r + rest if isinstance(rest, Value) else r
    return _scaled(f, f.horner(r, (1.0, *polynomial)), shifted.bits(), n)


def power_of_parts(f: Function, x: Value, rest: Value | None = None) -> Value:
    """Return 2^(x + rest) for x near the exponents, by a table; the rest may be one."""
    shifted, n = _nearest(f, x if rest is None else x + rest, 1.0, tables.EXP2_PARTS)
    r = x - n if rest is None else x - n + rest
    return _from_table(
        f, r * f.horner(r, tables.EXP2_PART[f.dtype.bits]), shifted, n, tables.EXP2_PARTS
    )


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


def _nearest(f: Function, x: Value, factor: float, parts: int = 1) -> tuple[Value, Value]:
    """Return n, the number of so many `parts` of one that is nearest to x * factor.

    The other value is a float with n + 2 bias, in these parts, in its low bits.
    """
    magic = f.form.round_to_integer / parts + 2 * f.form.bias
    shifted = x + magic if factor == 1.0 else f.fma(x, factor, magic)
    return shifted, shifted - magic


def _remainder(f: Function, x: Value, n: Value) -> Value:
    """Return x - n ln 2; the product with the leading piece cancels exactly."""
    high, low = f.form.ln2
    return f.fma(n, -low, f.fma(n, -high, x))


def _from_table(f: Function, small: Value, shifted: Value, n: Value, parts: int) -> Value:
    """Return (1 + small) * 2^n, where the low bits of `shifted` count n in so many parts of one."""
    bits = shifted.bits()
    power = Places(f, bits).taken([2.0 ** (part / parts) for part in range(parts)])
    value = f.fma(power, small, power)
    return _scaled(f, value, bits >> (parts - 1).bit_length(), n)


def _scaled(f: Function, value: Value, bits: Value, n: Value) -> Value:
    """Return value * 2^floor(n), by an instruction or two factors; `bits` end in n + 2 bias."""
    if f.scaling is not None:
        return f.scaled(f.scaling, value, n)
    mantissa = f.form.mantissa
    first = (bits >> 1) << mantissa
    second = (bits << mantissa) - first
    return value * first.as_float() * second.as_float()
