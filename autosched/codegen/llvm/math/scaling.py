"""The instruction of AVX-512 that multiplies floats by powers of two, as data.

It rounds once, as a product by two factors does, and takes the place of six instructions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from autosched.ir.dtype import DType


@dataclass(frozen=True)
class Scaling:
    """An LLVM intrinsic for vectors of so many lanes, and the features that it needs."""

    symbol: str
    lanes: int
    needs: frozenset[str]
    rounds: bool = False
    """Whether it is told how to round."""

    def others(self, kind: str) -> list[str]:
        """Return its arguments after the value and the exponent: no lane is left out."""
        mask = f"i{max(8, self.lanes)} -1"
        return [f"{kind} zeroinitializer", mask, *["i32 4"] * self.rounds]


def _of_avx512(letters: str, lanes: int) -> tuple[Scaling, Scaling]:
    """Return the instructions for 512 and for 256 bits, which have so many and half the lanes."""
    name = f"llvm.x86.avx512.mask.scalef.{letters}"
    wide = Scaling(f"{name}.512", lanes, frozenset({"+avx512f"}), rounds=True)
    return wide, Scaling(f"{name}.256", lanes // 2, frozenset({"+avx512f", "+avx512vl"}))


SCALINGS = {32: _of_avx512("ps", 16), 64: _of_avx512("pd", 8)}
"""By the bits of a float, the widest first."""


@cache
def scaling(dtype: DType, features: str) -> Scaling | None:
    """Return the widest instruction that computes 1, 2, 4 ... parts of `dtype`, or None."""
    has = frozenset(features.split(","))
    for each in SCALINGS[dtype.bits]:
        parts, more = divmod(dtype.lanes, each.lanes)
        if parts.bit_count() == 1 and not more and each.needs <= has:
            return each
    return None
