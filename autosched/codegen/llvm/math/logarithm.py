"""log, log2, log10, log1p: x = m 2^k with m between sqrt(1/2) and sqrt(2), log m and k log 2.

float32 takes f = m - 1 through a polynomial, log m = f - f^2/2 + f^3 P(f); float64 through
the faster series of s = f / (2 + f), log m = 2 atanh s = 2 s + s R(s^2), arranged so that the
leading terms f - f^2/2 carry no error of the division. With AVX-512 both are computed in pieces.
"""

from __future__ import annotations

from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.math.exponents import exponent, made_normal, unbiased
from autosched.codegen.llvm.math.logarithm_pieces import natural, natural_of_sum, to_base
from autosched.codegen.llvm.math.tables import ATANH, LOG10_2, LOG10_E, LOG32, LOG232, LOG1032

Numbers = tuple[float, ...]

_SQRT_HALF = 0.5**0.5
_INFINITY = float("inf")
_NAN = float("nan")


def log(f: Function) -> Value:
    """Return the natural logarithm.

    Measured: float32 0.93 ulp, in pieces 1.5 ulp, float64 0.83 ulp, in pieces 1.6 ulp.
    """
    (x,) = f.arguments
    if f.has_registers:
        return natural(f, x)
    fraction, k = split(f, x)
    return special(x, _natural(f, fraction, k))


def log1p(f: Function) -> Value:
    """Return log(1 + x).

    Measured: float32 1.53 ulp, in pieces 1.5 ulp, float64 1.4 ulp, in pieces 1.6 ulp.
    """
    (x,) = f.arguments
    return log1p_of(f, x)


def log1p_of(f: Function, x: Value) -> Value:
    """Return log(1 + x) for any x.

    The rounding error of 1 + x is added to m - 1, with the scale of m.
    """
    u = x + 1.0
    # The larger of x and 1 comes first, as the exact error of a sum wants it.
    lost = (x > 1.0).where(1.0 - (u - x), x - (u - 1.0))
    if f.has_registers:
        return (x < _INFINITY).where(natural_of_sum(f, u, lost).copysign(x), x)
    fraction, k = _split_normal(f, u)
    # 2^-k; from k = bias on it is taken as zero, where the loss is long without weight.
    scale = 2 * f.form.bias - k
    scale = (scale > 0).where(scale, 0) << f.form.mantissa
    fraction = f.fma(lost, scale.as_float(), fraction)
    value = special(u, _natural(f, fraction, unbiased(f, k)))
    return x.equal(0.0).where(x, value)


def log2(f: Function) -> Value:
    """Return the binary logarithm, exact for powers of two.

    Measured: float32 0.97 ulp, in pieces 1.6 ulp, float64 0.81 ulp, in pieces 1.6 ulp.
    """
    return _to_base(f, 2.0, f.form.log2_e, (1.0, 0.0), LOG232)


def log10(f: Function) -> Value:
    """Return the decimal logarithm, exact for powers of ten.

    Measured: float32 0.92 ulp, in pieces 2.2 ulp, float64 0.74 ulp, in pieces 1.7 ulp.
    """
    bits = f.dtype.bits
    return _to_base(f, 10.0, LOG10_E[bits], LOG10_2[bits], LOG1032)


def split(f: Function, x: Value) -> tuple[Value, Value]:
    """Return m - 1 and k, as floats, for positive finite x, denormals too."""
    normal, small = made_normal(f, x)
    fraction, k = _split_normal(f, normal)
    return fraction, exponent(f, unbiased(f, k), small)


def special(x: Value, value: Value) -> Value:
    """Return `value` if the logarithm of `x` is finite, else minus infinity, infinity or NaN."""
    edge = (x < 0.0).where(_NAN, x)
    edge = x.equal(0.0).where(-_INFINITY, edge)
    usual = (x > 0.0) & (x < _INFINITY)
    return usual.where(value, edge)


def _split_normal(f: Function, x: Value) -> tuple[Value, Value]:
    """Return m - 1, and k + bias as an integer, of a normal x.

    The biased k needs no arithmetic shift, which AVX2 lacks for 64 bits.
    """
    form = f.form
    least = form.one_bits - 2**form.mantissa + int((_SQRT_HALF - 0.5) * 2 ** (form.mantissa + 1))
    offset = x.bits() + (form.one_bits - least)
    fraction = ((offset & (2**form.mantissa - 1)) + least).as_float() - 1.0
    return fraction, offset >> form.mantissa


def _to_base(f: Function, base: float, unit: Numbers, two: Numbers, polynomial: Numbers) -> Value:
    """Return the logarithm to a base, by those of e and of two to it, each in two parts.

    A multiple of the first part of that of two is exact.
    """
    (x,) = f.arguments
    if f.has_registers:
        return to_base(f, x, base)
    fraction, k = split(f, x)
    high, low = unit
    whole = k * two[0]

    def with_rest(value: Value) -> Value:
        return f.fma(k, two[1], value) if two[1] else value

    if f.dtype.bits == 32:
        tail = fraction * f.fma(fraction, f.horner(fraction, polynomial), low)
        return special(x, whole + f.fma(fraction, high, with_rest(tail)))
    half_square = fraction * fraction * 0.5
    main = fraction - half_square
    rest = (fraction - main) - half_square + _atanh_tail(f, fraction, half_square)
    product = main * high
    lost = f.fma(main, high, -product) + f.fma(main, low, rest * high)
    total = whole + product
    return special(x, total + (product - (total - whole) + with_rest(lost)))


def _natural(f: Function, fraction: Value, k: Value) -> Value:
    """Return log(1 + fraction) + k ln 2."""
    high, low = f.form.ln2
    square = fraction * fraction
    if f.dtype.bits == 32:
        tail = square * f.fma(fraction, f.horner(fraction, LOG32), -0.5)
        return f.fma(k, high, f.fma(k, low, tail) + fraction)
    half_square = square * 0.5
    tail = f.fma(k, low, _atanh_tail(f, fraction, half_square))
    return f.fma(k, high, fraction - (half_square - tail))


def _atanh_tail(f: Function, fraction: Value, half_square: Value) -> Value:
    """Return log(1 + fraction) - fraction + half_square, by s (half_square + R(s^2))."""
    s = fraction / (fraction + 2.0)
    z = s * s
    return s * f.fma(z, f.horner(z, ATANH), half_square)
