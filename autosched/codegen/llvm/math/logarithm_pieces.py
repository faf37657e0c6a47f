"""Logarithms of float32 in pieces, whose inverses and logarithms are taken from tables.

x = m 2^k with m between 0.71 and 1.42, which is cut into 32 pieces. With c near the inverse of a
piece's middle, r = m c - 1 is at most 1/64, and log x = k log 2 - log c + log(1 + r). One is the
middle of a piece with c = 1, so that logarithms near zero keep their relative precision.
"""

from __future__ import annotations

from functools import cache
from math import floor, log, log2, nan

from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.math.exponents import unbiased
from autosched.codegen.llvm.math.lookup import Places
from autosched.codegen.llvm.math.pieces import COUNT
from autosched.codegen.llvm.math.registers import magnitude
from autosched.codegen.llvm.math.tables import FLOAT, LOG2_PART, LOG_PART, as_float, from_bits

_WIDTH_BITS = 18
"""The bits of a float that count the places in a piece."""

_ONE = 18
"""The piece with one in its middle."""

_LEAST = FLOAT.one_bits - ((2 * _ONE + 1) << (_WIDTH_BITS - 1))
"""The bits of the least m."""

_INVERSES = tuple(
    as_float(1.0 / from_bits(_LEAST + ((2 * piece + 1) << (_WIDTH_BITS - 1))))
    for piece in range(COUNT)
)
_LOGS = tuple(-log(inverse) for inverse in _INVERSES)


@cache
def _in_two(base: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the logarithms of pieces to a base, and of two, each in two parts.

    The first parts are so short that their sums with multiples of exponents are exact. None is
    greater than the whole: multiples of the parts of two by an infinite exponent agree in sign.
    """
    two = 1.0 / log2(base)
    whole = [*(-log2(inverse) * two for inverse in _INVERSES), two]
    high = tuple(floor(value * 2.0**15) / 2.0**15 for value in whole)
    return high, tuple(value - first for value, first in zip(whole, high, strict=True))


def natural(f: Function, x: Value) -> Value:
    """Return log x for any x."""
    m, k, places = _of_any(f, x)
    r = f.fma(m, places.taken(_INVERSES), -1.0)
    tail = f.fma(r * r, f.horner(r, LOG_PART), r)
    return (x < 0.0).where(nan, f.fma(k, f.form.ln2[0], places.taken(_LOGS)) + tail)


def to_base(f: Function, x: Value, base: float) -> Value:
    """Return the logarithm of any x to a base."""
    m, k, places = _of_any(f, x)
    r = f.fma(m, places.taken(_INVERSES), -1.0)
    (*high, two), (*low, two_rest) = _in_two(base)
    unit = 1.0 / log(base)
    rest = f.fma(k, two_rest, places.taken(low)) if two_rest else places.taken(low)
    polynomial = f.horner(r, tuple(number * unit for number in LOG_PART))
    tail = f.fma(r * r, polynomial, f.fma(r, unit, rest))
    return (x < 0.0).where(nan, f.fma(k, two, places.taken(high)) + tail)


def binary(f: Function, x: Value) -> tuple[Value, Value, Value]:
    """Return three numbers whose sum is log2 of positive normal x, to about 2^-31 of itself.

    Each is smaller than the one before it; the first has bits to spare.
    """
    m, k, places = _split(f, x)
    inverse = places.taken(_INVERSES)
    product = m * inverse
    r, lost = product - 1.0, f.fma(m, inverse, -product)
    rest = f.fma(-r, lost, lost)  # lost / (1 + r)
    factor, factor_rest = f.form.log2_e
    main = r * factor
    (*high, _), (*low_logs, _) = _in_two(2.0)
    low = f.fma(rest, factor, places.taken(low_logs)) + f.fma(r, factor, -main)
    low = f.fma(r * r, f.estrin(r, LOG2_PART), f.fma(r, factor_rest, low))
    return k + places.taken(high), main, low


def _of_any(f: Function, x: Value) -> tuple[Value, Value, Places]:
    """Return m, k as a float and the piece of m, for the magnitude of any x."""
    m, k = magnitude(f, x)
    m, more, places = _split(f, m)
    return m, k + more, places


def _split(f: Function, x: Value) -> tuple[Value, Value, Places]:
    """Return m, k as a float and the piece of m, for positive normal x."""
    form = f.form
    bits = x.bits() + (form.one_bits - _LEAST)
    m = ((bits & (2**form.mantissa - 1)) + _LEAST).as_float()
    return m, unbiased(f, bits >> form.mantissa), Places(f, bits >> _WIDTH_BITS)
