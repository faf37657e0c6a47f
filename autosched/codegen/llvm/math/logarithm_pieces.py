"""Logarithms in pieces, whose inverses and logarithms are taken from tables.

x = m 2^k with m from 0.75 to below 1.5. The first bits of its mantissa cut each side of one into
16 pieces of float32, 8 of float64. With c near the inverse of a piece's middle, r = m c - 1 is
small, and log x = k log 2 - log c + log(1 + r). In both pieces beside one, c = 1, so that
logarithms near zero keep their relative precision: r is from -1/64 to 1/32 in float32, twice that
in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from math import floor

from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.math.lookup import Places
from autosched.codegen.llvm.math.registers import mantissa_and_exponent, register_of
from autosched.codegen.llvm.math.tables import (
    FORMATS,
    LOG_PART,
    POW_LOG_PART,
    as_float,
)

_DIGITS = 40
"""The decimal digits of logarithms before they are rounded."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """For each piece an inverse and its negative logarithm, in two parts with that of two.

    The first parts are so short that their sums with multiples of exponents are exact. None is
    greater than the whole: multiples of the parts of two by an infinite exponent agree in sign.
    """

    inverses: tuple[float, ...]
    unit: float
    logs: tuple[float, ...]
    high: tuple[float, ...]
    low: tuple[float, ...]
    two: tuple[float, float]


@cache
def _numbers(bits: int, count: int, base: float) -> _Numbers:
    """Return the numbers of so many pieces of a format, to a base; zero stands for e."""
    inverses = tuple(_inverse(piece, count, bits) for piece in range(count))
    with localcontext(prec=_DIGITS):
        unit = 1 / Decimal(base).ln() if base else Decimal(1)
        whole = [-Decimal(inverse).ln() * unit for inverse in inverses]
        whole.append(Decimal(2).ln() * unit)
        scale = 2 ** (FORMATS[bits].mantissa - FORMATS[bits].bias.bit_length() - 1)
        high = [floor(value * scale) / scale for value in whole]
        low = [float(value - Decimal(first)) for value, first in zip(whole, high, strict=True)]
    *logs, _ = map(float, whole)
    two = high.pop(), low.pop()
    return _Numbers(inverses, float(unit), tuple(logs), tuple(high), tuple(low), two)


def _inverse(piece: int, count: int, bits: int) -> float:
    """Return the inverse of the middle of a piece, or one beside one."""
    if piece in (0, count - 1):
        return 1.0
    middle = 1.0 + (piece + 0.5) / count
    inverse = (1.0 if piece < count // 2 else 2.0) / middle
    return as_float(inverse) if bits == 32 else inverse


class _Split:
    """x = m 2^k, and the numbers of the piece of m, for any x."""

    def __init__(self, f: Function, x: Value, base: float = 0.0):
        count = 2 * register_of(f).lanes
        self.m, self.k = mantissa_and_exponent(f, x)
        self.numbers = _numbers(f.dtype.bits, count, base)
        piece = self.m.bits() >> (f.form.mantissa + 1 - count.bit_length())
        self._places = Places(f, piece)
        self.inverse = self.taken(self.numbers.inverses)

    def taken(self, table: tuple[float, ...]) -> Value:
        return self._places.taken(table)


def natural(f: Function, x: Value) -> Value:
    """Return log x for any x."""
    of = _Split(f, x)
    return _natural(f, of, f.fma(of.m, of.inverse, -1.0))


def natural_of_sum(f: Function, u: Value, lost: Value) -> Value:
    """Return log(u + lost), where u is the rounded sum, and normal or zero."""
    of = _Split(f, u)
    # 2^-k; from k = bias on it is zero, where the loss is without weight.
    scale = of.m.bits() - u.bits() + f.form.one_bits
    scale = (scale > 0).where(scale, 0).as_float()
    r = f.fma(lost * scale, of.inverse, f.fma(of.m, of.inverse, -1.0))
    return _natural(f, of, r)


def _natural(f: Function, of: _Split, r: Value) -> Value:
    tail = f.fma(r * r, f.horner(r, (-0.5, *LOG_PART[f.dtype.bits])), r)
    return f.fma(of.k, f.form.ln2[0], of.taken(of.numbers.logs)) + tail


def to_base(f: Function, x: Value, base: float) -> Value:
    """Return the logarithm of any x to a base."""
    of = _Split(f, x, base)
    numbers = of.numbers
    r = f.fma(of.m, of.inverse, -1.0)
    two, two_rest = numbers.two
    rest = of.taken(numbers.low)
    rest = f.fma(of.k, two_rest, rest) if two_rest else rest
    polynomial = tuple(number * numbers.unit for number in (-0.5, *LOG_PART[f.dtype.bits]))
    tail = f.fma(r * r, f.horner(r, polynomial), f.fma(r, numbers.unit, rest))
    return f.fma(of.k, two, of.taken(numbers.high)) + tail


def binary(f: Function, x: Value) -> tuple[Value, Value, Value]:
    """Return three numbers whose sum is log2 x, to about 2^-31 (float32) or 2^-61 of itself.

    Each is smaller than the one before it; the first has bits to spare.
    """
    of = _Split(f, x, 2.0)
    product = of.m * of.inverse
    r, lost = product - 1.0, f.fma(of.m, of.inverse, -product)
    square = r * r
    short = f.fma(square, -0.5, r)
    lost = f.fma(square - r, lost, lost)  # lost / (1 + r)
    rest = f.fma(square, -0.5, r - short) + f.fma(f.fma(r, r, -square), -0.5, lost)
    rest = f.fma(r * square, f.horner(r, POW_LOG_PART[f.dtype.bits]), rest)
    factor, factor_rest = f.form.log2_e
    main = short * factor
    low = f.fma(short, factor, -main) + of.taken(of.numbers.low)
    low = f.fma(rest, factor, f.fma(short, factor_rest, low))
    return of.k + of.taken(of.numbers.high), main, low
