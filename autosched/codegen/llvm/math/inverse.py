"""atan, atan2, asin and acos: an argument near zero for a polynomial, and an angle to add."""

from __future__ import annotations

import math

from autosched.codegen.llvm.math.emit import Function, Value

# (atan(s) / s - 1) / s^2 by s^2 on |s| <= tan(pi / 8): 2^-28.5 and 2^-57.4, times s^2.
_ATAN = {
    32: (
        -0.33333331686451945, 0.1999952339722771, -0.1426336657972561, 0.1073739696716272,
        -0.06431038710715442,
    ),
    64: (
        -0.3333333333333333, 0.1999999999999509, -0.14285714284577217, 0.11111111008107874,
        -0.09090904289128517, 0.07692176510795928, -0.06664417824186955, 0.058573396761385246,
        -0.05081236164642543, 0.03911053674347613, -0.019029290809743134,
    ),
}  # fmt: skip

# (asin(s) / s - 1) / s^2 by s^2 on |s| <= 1 / 2: 2^-29.8 and 2^-57.8, times s^2.
_ASIN = {
    32: (
        0.16666666337430908, 0.07500094543497424, 0.04459940152851218, 0.03110066273549457,
        0.017149238357677253, 0.03369084720283012,
    ),
    64: (
        0.16666666666666669, 0.07499999999998433, 0.04464285714635543, 0.030381944138531247,
        0.02237217294214989, 0.017352392720869973, 0.013971212973552933, 0.011479177415184906,
        0.01032281435018578, 0.005457506718640358, 0.01740087944269402, -0.014851887071247204,
        0.028757851367421566,
    ),
}  # fmt: skip

# pi / 4 and what is left of it.
_QUARTER = {
    32: (float.fromhex("0x1.921fb6p-1"), float.fromhex("-0x1.777a5cp-26")),
    64: (float.fromhex("0x1.921fb54442d18p-1"), float.fromhex("0x1.1a62633145c07p-55")),
}

_TAN_EIGHTH = math.sqrt(2) - 1

# Sums of two numbers above may overflow; multiples of numbers below may be denormal, and rounded.
_LARGE = {32: 2.0**120, 64: 2.0**1000}
_SMALL = {32: 2.0**-120, 64: 2.0**-1000}
_UP = {32: 2.0**24, 64: 2.0**53}


def atan(f: Function) -> Value:
    """Return the arc tangent; exactly odd. Measured: float32 1.93 ulp, float64 1.62 ulp."""
    (x,) = f.arguments
    a = x.fabs()
    far, middle = a > 1 / _TAN_EIGHTH, a > _TAN_EIGHTH
    above = far.where(-1.0, middle.where(a - 1.0, a))
    below = far.where(a, middle.where(a + 1.0, 1.0))
    return _turned(f, above / below, far, middle).copysign(x)


def atan2(f: Function) -> Value:
    """Return the angle of the point (x, y), arguments y and x, with the special cases of C.

    Measured: float32 1.98 ulp, float64 1.9 ulp.
    """
    y, x = f.arguments
    a, b = y.fabs(), x.fabs()
    same, none = a.equal(b), a.equal(0.0)
    bits = f.dtype.bits
    large = (a > _LARGE[bits]) | (b > _LARGE[bits])
    small = (a < _SMALL[bits]) & (b < _SMALL[bits])
    scale = large.where(0.25, f.select(f.element, small, _UP[bits], 1.0))
    a, b = a * scale, b * scale
    # Equal ones may both be infinite.
    far = a > b * (1 / _TAN_EIGHTH)
    middle = (a > b * _TAN_EIGHTH) | (same & ~none)
    above = far.where(-b, middle.where(a - b, a))
    below = far.where(a, middle.where(a + b, b))
    value = _turned(f, same.where(0.0, above / below), far, middle)
    high, low = (4.0 * each for each in _QUARTER[bits])
    back = x.bits() < 0
    return back.where((high - value) + low, value).copysign(y)


def asin(f: Function) -> Value:
    """Return the arc sine; exactly odd. Measured: float32 1.11 ulp, float64 1.11 ulp."""
    (x,) = f.arguments
    a = x.fabs()
    far = a > 0.5
    s, more = _small(f, a, far)
    high, low = (2.0 * each for each in _QUARTER[f.dtype.bits])
    rest = high - s * 2.0
    lost = (high - rest) - s * 2.0
    return far.where(rest + f.fma(more, -2.0, lost + low), s + more).copysign(x)


def acos(f: Function) -> Value:
    """Return the arc cosine. Measured: float32 1.26 ulp, float64 1.15 ulp."""
    (x,) = f.arguments
    far = x.fabs() > 0.5
    s, more = _small(f, x.fabs(), far)
    high, low = (2.0 * each for each in _QUARTER[f.dtype.bits])
    near = (s + more) * 2.0
    beyond = (high * 2.0 - near) + low * 2.0
    s, more = s.copysign(x), more.copysign(x)
    rest = high - s
    middle = rest + (((high - rest) - s) + (low - more))
    return far.where((x < 0.0).where(beyond, near), middle)


def _turned(f: Function, s: Value, far: Value, middle: Value) -> Value:
    """Return atan s, and a quarter or a half of pi more."""
    z = s * s
    more = s * z * f.horner(z, _ATAN[f.dtype.bits])
    high, low = _QUARTER[f.dtype.bits]

    def part(value: float) -> Value:
        return far.where(2.0 * value, f.select(f.element, middle, value, 0.0))

    return part(high) + (s + (more + part(low)))


def _small(f: Function, a: Value, far: Value) -> tuple[Value, Value]:
    """Return s and asin s - s, for s = a, or sqrt((1 - a) / 2) where a is far from zero."""
    half = f.fma(a, -0.5, 0.5)
    z = far.where(half, a * a)
    s = far.where(f.intrinsic("sqrt", half), a)
    return s, s * z * f.horner(z, _ASIN[f.dtype.bits])
