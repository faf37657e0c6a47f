"""float16 to float32 and back by integers, for processors without instructions for it."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text.types import register_type
from autosched.ir.dtype import BOOL, FLOAT32, DType, dtype

_SHIFT = 13
"""Bits of a float32's fraction that a float16 does not have."""
_REBIAS = float(1 << 112)
"""What a float16's exponent and fraction, as those of a float32, must be multiplied with."""
_LEAST_NORMAL = 113 << 23
_TOO_LARGE = 143 << 23
_INFINITY = 255 << 23
"""Patterns of the float32 values 2^-14 and 2^16, and of infinity."""


class _Steps:
    """Writes operations on the patterns and values of vectors of so many lanes."""

    def __init__(self, em: Emitter, lanes: int):
        self._em = em
        self._float = FLOAT32.with_lanes(lanes)
        self._word = dtype("uint32").with_lanes(lanes)
        self._bools = register_type(BOOL.with_lanes(lanes))
        self.word = register_type(self._word)
        self.float = register_type(self._float)

    def bits(self, operation: str, a: str, b: str | int) -> str:
        return self._em.let(f"{operation} {self.word} {a}, {self._em.text(b, self._word)}")

    def floats(self, operation: str, a: str, b: str | float) -> str:
        return self._em.let(f"{operation} {self.float} {a}, {self._em.text(b, self._float)}")

    def choice(self, condition: str, yes: str | int, no: str) -> str:
        chosen = f"{self.word} {self._em.text(yes, self._word)}, {self.word} {no}"
        return self._em.let(f"select {self._bools} {condition}, {chosen}")

    def cast(self, operation: str, value: str, source: str, target: str) -> str:
        return self._em.let(f"{operation} {source} {value} to {target}")


def widened_half(em: Emitter, value: str, source: DType) -> str:
    """The float32 of a float16; the product is exact, also for denormals."""
    steps = _Steps(em, source.lanes)
    short = register_type(dtype("uint16").with_lanes(source.lanes))
    pattern = steps.cast("bitcast", value, register_type(source), short)
    pattern = steps.cast("zext", pattern, short, steps.word)
    sign = steps.bits("shl", steps.bits("and", pattern, 0x8000), 16)
    moved = steps.bits("shl", steps.bits("and", pattern, 0x7FFF), _SHIFT)
    scaled = steps.floats("fmul", steps.cast("bitcast", moved, steps.word, steps.float), _REBIAS)
    finite = steps.cast("bitcast", scaled, steps.float, steps.word)
    special = steps.bits("icmp uge", moved, 0x7C00 << _SHIFT)
    size = steps.choice(special, steps.bits("or", moved, _INFINITY), finite)
    return steps.cast("bitcast", steps.bits("or", size, sign), steps.word, steps.float)


def narrowed_half(em: Emitter, value: str, target: DType) -> str:
    """The float16 nearest to a float32, ties to even; NaN stays NaN."""
    steps = _Steps(em, target.lanes)
    pattern = steps.cast("bitcast", value, steps.float, steps.word)
    size = steps.bits("and", pattern, 0x7FFFFFFF)
    # Normal ones are rounded by an addition to the bits, which carries into the exponent.
    odd = steps.bits("and", steps.bits("lshr", size, _SHIFT), 1)
    rebased = steps.bits("sub", steps.bits("add", size, 0xFFF), 112 << 23)
    normal = steps.bits("lshr", steps.bits("add", rebased, odd), _SHIFT)
    # Denormal ones by one to the value: a half has the last bit that they may have.
    sum_ = steps.floats("fadd", steps.cast("bitcast", size, steps.word, steps.float), 0.5)
    small = steps.bits("sub", steps.cast("bitcast", sum_, steps.float, steps.word), 126 << 23)
    rounded = steps.choice(steps.bits("icmp ult", size, _LEAST_NORMAL), small, normal)
    nan = steps.bits("icmp ugt", size, _INFINITY)
    wide = steps.bits("or", steps.bits("and", steps.bits("lshr", size, _SHIFT), 0x3FF), 0x7E00)
    chosen = steps.choice(steps.bits("icmp uge", size, _TOO_LARGE), 0x7C00, rounded)
    chosen = steps.choice(nan, wide, chosen)
    signed = steps.bits("or", chosen, steps.bits("and", steps.bits("lshr", pattern, 16), 0x8000))
    short = register_type(dtype("uint16").with_lanes(target.lanes))
    return steps.cast(
        "bitcast", steps.cast("trunc", signed, steps.word, short), short, register_type(target)
    )
