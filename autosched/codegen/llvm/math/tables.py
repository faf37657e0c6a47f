"""The formats float32 and float64, the polynomials, and the ranges arguments are clamped to.

The polynomials have the constant term first. All are minimax fits of our own: Remez exchange in
200-bit arithmetic, weighted so that the error bounded is the result's relative error; each
leading coefficient is rounded to the format and the rest fitted again. The error beside a table
is with rounded coefficients. Keys are the bits of the format.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

LOG2_E = float.fromhex("0x1.71547652b82fep+0")


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating point format.

    `mantissa` counts the stored bits; `ln2` and `log2_e` are each the constant rounded to
    the format and what the rounding left.
    """

    mantissa: int
    bias: int
    integer: str
    ln2: tuple[float, float]
    log2_e: tuple[float, float]

    @property
    def round_to_integer(self) -> float:
        """Adding this rounds a small number to an integer, held in the low bits of the sum."""
        return 1.5 * 2.0**self.mantissa

    @property
    def one_bits(self) -> int:
        return self.bias << self.mantissa

    @property
    def least_normal(self) -> float:
        return 2.0 ** (1 - self.bias)


FLOAT = Format(
    mantissa=23,
    bias=127,
    integer="i32",
    ln2=(float.fromhex("0x1.62e430p-1"), float.fromhex("-0x1.05c610p-29")),
    log2_e=(float.fromhex("0x1.715476p+0"), float.fromhex("0x1.4ae0c0p-26")),
)
DOUBLE = Format(
    mantissa=52,
    bias=1023,
    integer="i64",
    ln2=(float.fromhex("0x1.62e42fefa39efp-1"), float.fromhex("0x1.abc9e3b39803fp-56")),
    log2_e=(LOG2_E, float.fromhex("0x1.777d0ffda0d24p-56")),
)
FORMATS = {32: FLOAT, 64: DOUBLE}


def as_float(value: float) -> float:
    """Return the float32 that is nearest to a number."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def from_bits(bits: int) -> float:
    """Return the float32 of so many bits."""
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def _floats(text: str) -> tuple[float, ...]:
    return tuple(float.fromhex(word) for word in text.split())


def _by_bits(text: str) -> dict[int, tuple[float, ...]]:
    single, double = text.split("64:")
    return {32: _floats(single.replace("32:", "")), 64: _floats(double)}


# Below the first e^x rounds to zero, above the second it overflows, by formats' bits.
EXP_RANGE = {32: (-104.0, 89.0), 64: (-746.0, 710.0)}
EXP2_RANGE = {32: (-151.0, 128.0), 64: (-1076.0, 1024.0)}
# Below the first e^x - 1 rounds to minus one.
EXPM1_RANGE = {32: (-25.0, 89.0), 64: (-45.0, 710.0)}
# From here on erf rounds to one.
ERF_SATURATED = {32: 3.95, 64: 5.95}

# (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2, error relative to e^r: 2^-28.2 and 2^-57.9.
EXP = _by_bits("""
32: 0x1.fffffcp-2 0x1.55548cp-3 0x1.555858p-5 0x1.123df4p-7 0x1.6ac892p-10
64: 0x1.000000000000ap-1 0x1.5555555555502p-3 0x1.5555555550607p-5 0x1.11111111256bap-7
0x1.6c16c184b845ap-10 0x1.a01a0138d9a5ep-13 0x1.a019987b8d5fcp-16
0x1.71df001657503p-19 0x1.28aef332ea35ep-22 0x1.adc26cf83808fp-26
""")

# The same, error relative to e^r - 1: 2^-31.0 and 2^-57.6.
EXPM1 = _by_bits("""
32: 0x1.0p-1 0x1.555554p-3 0x1.5554eap-5 0x1.1113aap-7 0x1.6d4c84p-10 0x1.9c653ap-13
64: 0x1.0000000000001p-1 0x1.5555555555557p-3 0x1.5555555554b38p-5 0x1.1111111110603p-7
0x1.6c16c16fed24cp-10 0x1.a01a01a8d016fp-13 0x1.a019eeb178978p-16
0x1.71de0b5ae9adfp-19 0x1.280d7383a1c6fp-22 0x1.af3ca7c2180f8p-26
0x1.c15730c67e52cp-30
""")

# (2^r - 1) / r on |r| <= 1/2, error relative to 2^r: 2^-27.5 and 2^-59.7.
EXP2 = _by_bits("""
32: 0x1.62e432p-1 0x1.ebfbe6p-3 0x1.c6ada8p-5 0x1.3b21cap-7 0x1.5fbcc4p-10
0x1.4bde42p-13
64: 0x1.62e42fefa39efp-1 0x1.ebfbdff82c58ep-3 0x1.c6b08d704a1c3p-5 0x1.3b2ab6fba5269p-7
0x1.5d87fe7879ecep-10 0x1.430912f6d793dp-13 0x1.ffcbfd252268ep-17
0x1.62c02a3997221p-20 0x1.b5238bc446016p-24 0x1.e4acc0f7f9545p-28
0x1.ebd9d72f276b5p-32 0x1.f979a5e0fe74ap-36
""")

# The parts of one that exponents of e and of two are rounded to for a table of powers. The shorter
# table takes one register, which pow has need of.
EXP_PARTS, EXP2_PARTS = 32, 16

# (e^r - 1) / r on |r| <= ln 2 / 64, and as EXP2 on |r| <= 1/32: 2^-24.1, and 2^-29.2
# (float32) and 2^-59.8 (float64).
EXP_PART = _floats("0x1.0000f6p+0 0x1.fffffcp-2")
EXP2_PART = _by_bits("""
32: 0x1.62e430p-1 0x1.ebfff6p-3 0x1.c6ad5ap-5
64: 0x1.62e42fefa39f1p-1 0x1.ebfbdff82c594p-3 0x1.c6b08d701212bp-5 0x1.3b2ab6fb09b78p-7
0x1.5d883672b98a3p-10 0x1.430a495d5217ap-13 0x1.bfd2ed06bf4c0p-17
""")

# (log(1 + f) - f + f^2/2) / f^3 on sqrt(1/2) <= 1 + f <= sqrt(2), error relative to
# log(1 + f): 2^-27.3.
LOG32 = _floats("""
0x1.555554p-2 -0x1.000228p-2 0x1.99a034p-3 -0x1.547234p-3 0x1.22d686p-3
-0x1.0d81fp-3 0x1.0570fap-3 -0x1.38facap-4
""")

# (log(1 + r) - r + r^2 / 2) / r^3 on -1/64 <= r <= 1/32 (float32) and twice that (float64), error
# relative to log(1 + r): 2^-25.7 and 2^-56.5, and for pow, whose logarithms have more bits than the
# format, 2^-33.3 and 2^-66.1.
LOG_PART = _by_bits("""
32: 0x1.555f9ep-2 -0x1.f751f2p-3
64: 0x1.5555555555e72p-2 -0x1.fffffffffa694p-3 0x1.999999821a1a2p-3 -0x1.55555497d21ebp-3
0x1.2492d25ce70e5p-3 -0x1.0009bae4e7340p-3 0x1.c583c5af6c0d9p-4 -0x1.667860d377649p-4
""")
POW_LOG_PART = _by_bits("""
32: 0x1.5555b4p-2 -0x1.00048cp-2 0x1.8d95bep-3
64: 0x1.5555555555555p-2 -0x1.00000000000cep-2 0x1.999999999c379p-3 -0x1.55555553aebc4p-3
0x1.249248f43d5d6p-3 -0x1.0000073b39d73p-3 0x1.c71ec470260bdp-4 -0x1.999705ac0e870p-4
0x1.7031af66a4124p-4 -0x1.16ab5b435846bp-4
""")

# (log2(1 + f) - f log2 e) / f^2 on the interval of LOG32: 2^-27.7.
LOG232 = _floats("""
-0x1.71547p-1 0x1.ec7094p-2 -0x1.715af8p-2 0x1.277f54p-2 -0x1.eaa442p-3
0x1.a2c5d8p-3 -0x1.87de04p-3 0x1.7f4464p-3 -0x1.c484ccp-4
""")

# The same times log10 2.
LOG1032 = _floats("""
-0x1.bcb7aap-3 0x1.287a7p-3 -0x1.bcbf86p-4 0x1.63d076p-4 -0x1.27654cp-4
0x1.f840b2p-5 -0x1.d7daeep-5 0x1.cd7fe8p-5 -0x1.107184p-5
""")

# log10 e, rounded to the format and what the rounding left, and log10 2, first so short that its
# products with exponents are exact.
LOG10_E = _by_bits("""
32: 0x1.bcb7b2p-2 -0x1.5b235ep-27
64: 0x1.bcb7b1526e50ep-2 0x1.95355baaafad3p-57
""")
LOG10_2 = _by_bits("""
32: 0x1.344p-2 0x1.3509f8p-18
64: 0x1.34413509f8p-2 -0x1.80433b83b532ap-44
""")

# (2 atanh(s) - 2 s) / s^3 in z = s^2 on |s| <= (sqrt 2 - 1) / (sqrt 2 + 1): 2^-59.5.
ATANH = _floats("""
0x1.5555555555592p-1 0x1.999999997ff63p-2 0x1.24924941db4b2p-2 0x1.c71c521a13d2p-3
0x1.74663ba54cb73p-3 0x1.39a20b5c50bedp-3 0x1.2f0255121da4dp-3
""")

# -log(erfc(x)) / x; the constant term in two pieces. Error relative to erf: 2^-27.9 on
# [0, 3.95], 2^-56.9 on [0, 5.95].
ERF = _by_bits("""
32: 0x1.20dd76p+0 -0x1.d0e48cp-25 0x1.45f2fap-1 0x1.a4fa4ap-4 -0x1.39cc9ep-6
-0x1.516b8p-13 0x1.b520c8p-10 -0x1.4bec58p-11 0x1.edb724p-14 -0x1.36d796p-17
64: 0x1.20dd750429b6dp+0 0x1.683108ef4a518p-57 0x1.45f306dc9c897p-1 0x1.a4f4e2a1b207p-4
-0x1.39668593d7914p-6 -0x1.b6b68befc98e8p-13 0x1.bca67bd2580adp-10
-0x1.35654fa8dd73p-11 0x1.b22bc94714f31p-16 0x1.0e7f96e52824ap-14
-0x1.f2afa5accbf9cp-16 0x1.c94ead00f528bp-19 0x1.7c89574a480c6p-19
-0x1.d383ae0b2803dp-20 0x1.693d1658abbe8p-22 0x1.26810f493bffap-23
-0x1.3061eb9de927ap-23 0x1.1a48108237bfep-24 -0x1.681441a694e69p-26
0x1.5761183cbe80ep-28 -0x1.f3335c822678cp-31 0x1.12771b9304944p-33
-0x1.bb98170071979p-37 0x1.f1d072594b5ap-41 -0x1.5ab597b9c64dp-45
0x1.c3715f741ae19p-51
""")

# (sin r - r) / r^3 in z = r^2 on |r| <= pi / 4 + 0.01, error relative to sin: 2^-27.8 and
# 2^-57.6.
SIN = _by_bits("""
32: -0x1.555544p-3 0x1.1106c2p-7 -0x1.9919cep-13
64: -0x1.5555555555546p-3 0x1.111111110f3ffp-7 -0x1.a01a019b80b32p-13
0x1.71de34f8f563dp-19 -0x1.ae5e023f33bb3p-26 0x1.5d75d645cc72ep-33
""")

# (cos r - 1 + r^2/2) / r^4 in z on the same interval: 2^-32.7 and 2^-63.7.
COS = _by_bits("""
32: 0x1.55554ap-5 -0x1.6c0c0ep-10 0x1.99db8ap-16
64: 0x1.5555555555549p-5 -0x1.6c16c16c14bc7p-10 0x1.a01a019c23a19p-16
-0x1.27e4f7a3ba5b8p-22 0x1.1ee9a6b622239p-29 -0x1.8f8ae968bc543p-37
""")

# (tan r - r) / r^3 in z = r^2 on |r| <= pi / 4 + 0.01, error relative to tan: 2^-25.5.
TAN = _floats("""
0x1.5554c8p-2 0x1.11327p-3 0x1.b4ed92p-5 0x1.94b5f4p-6 0x1.5f6d9p-9 0x1.3c1a7p-7
""")

# For pow of float32, in double precision: log2(1 + f) / f on sqrt(1/2) <= 1 + f <= sqrt(2),
# 2^-35.8, and (2^r - 1) / r on |r| <= 1/2, 2^-32.0.
POW_LOG2 = _floats("""
0x1.71547652a1e9dp+0 -0x1.715476565cfa2p-1 0x1.ec709ebb93b5ap-2
-0x1.71547097cdfcbp-2 0x1.277651fc6f3adp-2 -0x1.ec72b587778b8p-3
0x1.a63f444f98335p-3 -0x1.7141721024ce3p-3 0x1.45291adc98c71p-3
-0x1.252f2cee2e88ep-3 0x1.2871d2c6cee52p-3 -0x1.248916f32f234p-3
0x1.3ce93369a453ap-4
""")
POW_EXP2 = _floats("""
0x1.62e4300b9e704p-1 0x1.ebfbe045708dcp-3 0x1.c6b0551b173bp-5 0x1.3b2a1bf5ae4e6p-7
0x1.5dc053af88f8bp-10 0x1.443f95dd9526p-13 0x1.c04555d127429p-17
""")

# For pow of float64: (atanh(s)/s - 1 - z/3) / z^2 in z = s^2 as for ATANH, 2^-66.3.
POW_ATANH = _floats("""
0x1.9999999999b3p-3 0x1.2492492457d6dp-3 0x1.c71c722d64b3bp-4 0x1.745ce9e3f473ep-4
0x1.3b1eebefc27c3p-4 0x1.0f7febfb407a5p-4 0x1.0e429795dbbdep-4
""")
