"""Logarithms of float32 in pieces, whose inverses and logarithms are taken from tables.

x = m 2^k with m between 0.71 and 1.42, which is cut into 32 pieces. With c near the inverse of a
piece's middle, r = m c - 1 is at most 1/64, and log x = k log 2 - log c + log(1 + r). One is the
middle of a piece with c = 1, so that logarithms near zero keep their relative precision.
"""

from __future__ import annotations

from math import log, log2

from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.math.exponents import exponent, made_normal, unbiased
from autosched.codegen.llvm.math.lookup import Places
from autosched.codegen.llvm.math.pieces import COUNT
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
_LOG2S = tuple(-log2(inverse) for inverse in _INVERSES)
_HIGH_LOG2S = tuple(round(value * 2.0**15) / 2.0**15 for value in _LOG2S)
"""So short that their sums with exponents are exact."""

_LOW_LOG2S = tuple(value - high for value, high in zip(_LOG2S, _HIGH_LOG2S, strict=True))


def natural(f: Function, x: Value) -> Value:
    """Return log x of positive finite x, denormals too."""
    normal, small = made_normal(f, x)
    m, k, places = _split(f, normal)
    k = exponent(f, k, small)
    r = f.fma(m, places.taken(_INVERSES), -1.0)
    tail = f.fma(r * r, f.horner(r, LOG_PART), r)
    return f.fma(k, f.form.ln2[0], places.taken(_LOGS)) + tail


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
    low = f.fma(rest, factor, places.taken(_LOW_LOG2S)) + f.fma(r, factor, -main)
    low = f.fma(r * r, f.estrin(r, LOG2_PART), f.fma(r, factor_rest, low))
    return k + places.taken(_HIGH_LOG2S), main, low


def _split(f: Function, x: Value) -> tuple[Value, Value, Places]:
    """Return m, k as a float and the piece of m, for positive normal x."""
    form = f.form
    bits = x.bits() + (form.one_bits - _LEAST)
    m = ((bits & (2**form.mantissa - 1)) + _LEAST).as_float()
    return m, unbiased(f, bits >> form.mantissa), Places(f, bits >> _WIDTH_BITS)
