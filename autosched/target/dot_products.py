"""Instructions that add products of neighbouring narrow numbers to wider sums, as data.

A lane of the result is `sum + a[0] * b[0] + ... + a[steps - 1] * b[steps - 1]`, without
saturation, where lane n reads the elements from `steps * n` on of both operands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from autosched.target.target import Target


@dataclass(frozen=True, eq=False)  # a key of caches, which a dict of symbols could not be
class DotProduct:
    """An instruction for sums of the dtype `result` of products of `a` and `b`, as dtypes' names.

    `symbols` maps the bits of the vectors to the LLVM intrinsic, and to sets of features, joined
    by commas, of which a target needs one. `error` is what a result may be off by, relative to it,
    beside the rounding of sums in any order; a target with a smaller `tolerance` does not use the
    instruction. On the processors `slow_on`, LLVM's names, it takes longer than to convert the
    operands and to multiply and add these.
    """

    a: str
    b: str
    result: str
    steps: int
    symbols: dict[int, tuple[str, tuple[str, ...]]]
    error: float = 0.0
    slow_on: tuple[str, ...] = ()

    def symbol(self, target: Target, bits: int) -> str | None:
        """Return the intrinsic for vectors of so many bits; None if the target does without."""
        if self.error > target.tolerance:
            return None
        symbol, needs = self.symbols.get(bits, ("", ()))
        has = set(target.features.split(","))
        return symbol if any(set(each.split(",")) <= has for each in needs) else None

    def least_bits(self, target: Target, bits: int) -> int | None:
        """Return the bits of the shortest vectors of the target that have so many, if any."""
        return min((b for b in self.symbols if b >= bits and self.symbol(target, b)), default=None)


_VNNI = "+avx512vnni,+avx512vl", "+avxvnni"
_BF16 = ("+avx512bf16,+avx512vl",)


def _of_avx(a: str, b: str, letters: str) -> DotProduct:
    """The instruction of AVX-VNNI-INT8, and of AVX10.2 for 512 bits."""
    return DotProduct(
        a,
        b,
        "int32",
        4,
        {
            512: (f"llvm.x86.avx10.vpdpb{letters}d.512", ("+avx10.2",)),
            256: (f"llvm.x86.avx2.vpdpb{letters}d.256", ("+avxvnniint8",)),
            128: (f"llvm.x86.avx2.vpdpb{letters}d.128", ("+avxvnniint8",)),
        },
    )


def _of_arm(a: str, b: str, name: str, needs: str) -> DotProduct:
    """The instruction of NEON."""
    symbol = f"llvm.aarch64.neon.{name}.v4i32.v16i8"
    return DotProduct(a, b, "int32", 4, {128: (symbol, (needs,))})


DOT_PRODUCTS = (
    DotProduct(
        "uint8",
        "int8",
        "int32",
        4,
        {
            512: ("llvm.x86.avx512.vpdpbusd.512", ("+avx512vnni",)),
            256: ("llvm.x86.avx512.vpdpbusd.256", _VNNI),
            128: ("llvm.x86.avx512.vpdpbusd.128", _VNNI),
        },
    ),
    _of_avx("int8", "int8", "ss"),
    _of_arm("uint8", "int8", "usdot", "+i8mm"),
    _of_arm("int8", "int8", "sdot", "+dotprod"),
    DotProduct(
        "int16",
        "int16",
        "int32",
        2,
        {
            512: ("llvm.x86.avx512.vpdpwssd.512", ("+avx512vnni",)),
            256: ("llvm.x86.avx512.vpdpwssd.256", _VNNI),
            128: ("llvm.x86.avx512.vpdpwssd.128", _VNNI),
        },
    ),
    # Each product is added with one rounding; denormal operands and results are taken for zeros.
    # Sapphire Rapids and Emerald Rapids start one of 512 bits every two cycles, but two
    # multiply-adds of float32 every cycle: 92 and 175 GFLOP/s from registers, measured on one core.
    DotProduct(
        "bfloat16",
        "bfloat16",
        "float32",
        2,
        {
            512: ("llvm.x86.avx512bf16.dpbf16ps.512", ("+avx512bf16",)),
            256: ("llvm.x86.avx512bf16.dpbf16ps.256", _BF16),
            128: ("llvm.x86.avx512bf16.dpbf16ps.128", _BF16),
        },
        error=2.0**-23,
        slow_on=("sapphirerapids", "emeraldrapids"),
    ),
)


GROUP = max(dot.steps for dot in DOT_PRODUCTS)
"""The most elements that a lane of one instruction takes."""


@cache
def dot_products(target: Target) -> tuple[DotProduct, ...]:
    """Return the instructions that a target has for its widest vectors."""
    return tuple(dot for dot in DOT_PRODUCTS if dot.symbol(target, target.vector_bits))
