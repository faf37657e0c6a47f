"""Converts float16 to float32 and back by integers, for processors without instructions for it."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.ir.dtype import FLOAT32, DType, dtype

_SHIFT = 13
"""Bits of a float32's fraction that a float16 does not have."""
_REBIAS = float(1 << 112)
"""The factor for the exponent of a float16 that is read as one of float32."""
_LEAST_NORMAL = 113 << 23
_TOO_LARGE = 143 << 23
_INFINITY = 255 << 23
"""Bits of the float32 values 2^-14 and 2^16, and of infinity."""


def _kinds(lanes: int) -> tuple[DType, DType, DType]:
    """Return the dtypes of words of 32 and of 16 bits, and float32."""
    word, short = dtype("uint32"), dtype("uint16")
    return word.with_lanes(lanes), short.with_lanes(lanes), FLOAT32.with_lanes(lanes)


def widened_half(em: Emitter, value: str, source: DType) -> str:
    """Emit the float32 of a float16; the product is exact, also for denormals."""
    word, short, single = _kinds(source.lanes)
    pattern = em.convert("zext", em.convert("bitcast", value, source, short), short, word)
    sign = em.binary("shl", word, em.binary("and", word, pattern, 0x8000), 16)
    moved = em.binary("shl", word, em.binary("and", word, pattern, 0x7FFF), _SHIFT)
    scaled = em.binary("fmul", single, em.convert("bitcast", moved, word, single), _REBIAS)
    finite = em.convert("bitcast", scaled, single, word)
    special = em.binary("icmp uge", word, moved, 0x7C00 << _SHIFT)
    size = em.select(special, word, em.binary("or", word, moved, _INFINITY), finite)
    return em.convert("bitcast", em.binary("or", word, size, sign), word, single)


def narrowed_half(em: Emitter, value: str, target: DType) -> str:
    """Emit the float16 nearest to a float32, ties to even; NaN stays NaN."""
    word, short, single = _kinds(target.lanes)

    def bits(operation: str, a: str, b: str | int) -> str:
        return em.binary(operation, word, a, b)

    pattern = em.convert("bitcast", value, single, word)
    size = bits("and", pattern, 0x7FFFFFFF)
    # Normal ones are rounded by an addition to the bits, which carries into the exponent.
    odd = bits("and", bits("lshr", size, _SHIFT), 1)
    rebased = bits("sub", bits("add", size, 0xFFF), 112 << 23)
    normal = bits("lshr", bits("add", rebased, odd), _SHIFT)
    # Denormal ones by one to the value: a half has the last bit that they may have.
    sum_ = em.binary("fadd", single, em.convert("bitcast", size, word, single), 0.5)
    small = bits("sub", em.convert("bitcast", sum_, single, word), 126 << 23)
    rounded = em.select(bits("icmp ult", size, _LEAST_NORMAL), word, small, normal)
    nan = bits("icmp ugt", size, _INFINITY)
    wide = bits("or", bits("and", bits("lshr", size, _SHIFT), 0x3FF), 0x7E00)
    chosen = em.select(bits("icmp uge", size, _TOO_LARGE), word, 0x7C00, rounded)
    chosen = em.select(nan, word, wide, chosen)
    signed = bits("or", chosen, bits("and", bits("lshr", pattern, 16), 0x8000))
    return em.convert("bitcast", em.convert("trunc", signed, word, short), short, target)
