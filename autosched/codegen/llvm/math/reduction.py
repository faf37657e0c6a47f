"""Reduces an argument of sin or cos by its nearest multiple of pi / 2.

Up to a limit, pi / 2 is subtracted in three pieces with fma. Beyond it, where x = m 2^e, the
bits of 1 / (2 pi) from position e on, times the integer m, are the turns of x modulo one, in
fixed point: the whole turns of the bits before are never computed. (Payne and Hanek, "Radian
reduction for trigonometric functions", 1983.)
"""

from __future__ import annotations

from itertools import pairwise

from autosched.codegen.llvm.math.emit import Function, Value

_HALF_PI = {
    32: ("0x1.921fb6p+0", "-0x1.777a5cp-25", "-0x1.ee59dap-50"),
    64: ("0x1.921fb54442d18p+0", "0x1.1a62633145c07p-54", "-0x1.f1976b7ed8fbcp-110"),
}
_TWO_OVER_PI = float.fromhex("0x1.45f306dc9c883p-1")
_TWO_PI = (float.fromhex("0x1.921fb54442d18p+2"), float.fromhex("0x1.1a62633145c07p-52"))

# Where the subtraction in pieces stops being exact enough, as a power of two.
_LIMIT = {32: 17, 64: 30}

# The first 1280 bits of 1 / (2 pi).
_TURNS = int(
    "28be60db9391054a7f09d5f47d4d377036d8a5664f10e4107f9458eaf7aef158"
    "6dc91b8e909374b801924bba827464873f877ac72c4a69cfba208d7d4baed121"
    "3a671c09ad17df904e64758e60d4ce7d272117e2ef7e4a0ec7fe25fff7816603"
    "fbcbc462d6829b47db4d9fb3c9f2c26dd3d18fd9a797fa8b5d49eeb1faf97c5e"
    "cf41ce7de294a4ba9afed7ec47e357421580cc11bf1edaeafc33ef0826bd0d87",
    16,
)
_TURNS_WORDS = 20


def reduce(f: Function, a: Value) -> tuple[Value, Value, Value]:
    """Return r, its rounding error, and the multiple n: a = n pi / 2 + r for a >= 0.

    The multiple is an integer of which only the last two bits count. |r| exceeds pi / 4 by
    less than 0.01. r is NaN for infinity.
    """
    usual = _subtract(f, a)
    beyond = a > 2.0 ** _LIMIT[f.dtype.bits]

    def rare() -> tuple[Value, ...]:
        huge = beyond & (a < float("inf"))
        turned = _single(f, a) if f.dtype.bits == 32 else _double(f, a)
        return tuple(huge.where(x, y) for x, y in zip(turned, usual, strict=True))

    r, rest, n = f.when_any(beyond, rare, usual)
    return r, rest, n


def _subtract(f: Function, a: Value) -> tuple[Value, Value, Value]:
    first, second, third = (float.fromhex(text) for text in _HALF_PI[f.dtype.bits])
    shifted = f.fma(a, _TWO_OVER_PI, f.form.round_to_integer)
    n = shifted - f.form.round_to_integer
    exact = f.fma(n, -first, a)
    product = n * second
    r = exact - product
    # The error of a difference whose larger operand is unknown (Knuth).
    taken = r - exact
    rest = (exact - (r - taken)) - (product + taken)
    rest = rest - f.fma(n, second, -product)
    return r, f.fma(n, -third, rest), shifted.bits()


def _window(f: Function, a: Value, words: int) -> tuple[Value, list[Value]]:
    """Return m, and `words` words of the turns of 2^e modulo one, for a = m 2^e."""
    bits = a.bits()
    mantissa = (bits & (2**f.form.mantissa - 1)) | 2**f.form.mantissa
    limit = _LIMIT[f.dtype.bits]
    position = (bits >> f.form.mantissa) - (f.form.bias + limit)
    if f.form.integer != "i64":
        mantissa, position = mantissa.cast("zext", "i64"), position.cast("zext", "i64")
    # The least exponent is negative; leading zeros make it position zero.
    padded = _TURNS >> (f.form.mantissa - limit)
    levels = ((f.form.bias - limit) >> 6).bit_length()
    table: list[Value | int] = [
        padded >> 64 * (_TURNS_WORDS - 1 - i) & (2**64 - 1) for i in range(2**levels + words)
    ]
    for level in reversed(range(levels)):
        step = 2**level
        chosen = (position & (64 * step)).equal(0)
        table = [f.select("i64", chosen, table[i], table[i + step]) for i in range(step + words)]
    shift = position & 63
    return mantissa, [f.intrinsic("fshl", high, low, shift) for high, low in pairwise(table)]


def _single(f: Function, a: Value) -> tuple[Value, Value, Value]:
    m, (high, low) = _window(f, a, 2)
    turns = m * high + (m * (low >> 32) >> 32)
    n = (turns + 2**61) >> 62
    signed = (turns - (n << 62)).cast("sitofp", "double")
    r = signed * (_TWO_PI[0] * 2.0**-64)
    single = r.cast("fptrunc", "float")
    rest = (r - single.cast("fpext", "double")).cast("fptrunc", "float")
    return single, rest, n.cast("trunc", "i32")


def _double(f: Function, a: Value) -> tuple[Value, Value, Value]:
    m, (high, middle, low) = _window(f, a, 3)
    wide = m.cast("zext", "i128")
    inner = wide * middle.cast("zext", "i128") + (wide * low.cast("zext", "i128") >> 64)
    turns = m * high + (inner >> 64).cast("trunc", "i64")
    n = (turns + 2**61) >> 62
    turns = turns - (n << 62)
    # 118 bits in three pieces, each exact; their sum as a double and the rest.
    top = turns.arithmetic_shift(32).cast("sitofp", "double") * 2.0**-32
    next_bits = (turns & (2**32 - 1)).cast("uitofp", "double") * 2.0**-64
    last = (inner.cast("trunc", "i64") >> 11).cast("uitofp", "double") * 2.0**-117
    sum_ = top + next_bits
    rest = (next_bits - (sum_ - top)) + last
    total = sum_ + rest
    rest = rest - (total - sum_)
    r = total * _TWO_PI[0]
    lost = f.fma(total, _TWO_PI[0], -r)
    return r, lost + f.fma(total, _TWO_PI[1], rest * _TWO_PI[0]), n
