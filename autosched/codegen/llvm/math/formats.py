"""The facts about float32 and float64 that the functions need: fields, ln 2 in pieces."""

from __future__ import annotations

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
