"""Maps floats of 16 bits to integers in their order, and back.

All bits but the sign of negative numbers are inverted, which gives integers with a sign.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, register_type
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as named

WORD = named("uint16")
_INFINITY = {"bfloat": 0x7F80, "float": 0x7C00}
"""The bits of infinity; greater ones, without the sign, are NaN."""
_HAVE_HALVES = frozenset(("+avx512fp16", "+fullfp16"))
"""Features with instructions for float16, of x86 and of Arm."""


def by_keys(em: Emitter, dtype: DType) -> bool:
    """Tell whether values of `dtype` are compared by integers of the same order."""
    if not dtype.is_float or dtype.bits != 16:
        return False
    return dtype.kind == "bfloat" or _HAVE_HALVES.isdisjoint(em.module.target.features.split(","))


def key(em: Emitter, which: str, value: Value, dtype: DType) -> str:
    """Emit unsigned integers in the order of 16-bit floats, NaN at the end that is chosen."""
    word = WORD.with_lanes(dtype.lanes)
    ordered = em.cache.get(("ordered", value))  # also spares turning a chosen value twice
    if ordered is None:
        ordered = _turned(em, _as(em, em.text(value, dtype), dtype, word), word)
    return em.binary("sub", word, ordered, _first_key(which, dtype))


def of_key(em: Emitter, which: str, best: Value, dtype: DType) -> str:
    """Emit the 16-bit float of an integer that `key` may give."""
    word = WORD.with_lanes(dtype.lanes)
    ordered = em.binary("add", word, best, _first_key(which, dtype))
    value = _as(em, _turned(em, ordered, word), word, dtype)
    em.cache["ordered", value] = ordered
    return value


def _first_key(which: str, dtype: DType) -> int:
    """Return which of the ordered bits has the key 0.

    Bits in the order of their values, as integers with a sign: NaN, minus infinity, numbers,
    infinity, NaN. For the greatest, all NaN are moved to the end; for the least, to the start.
    """
    infinity = _INFINITY[dtype.kind]
    return infinity ^ 0xFFFF if which == "max" else infinity + 1


def _turned(em: Emitter, bits: str, word: DType) -> str:
    """Emit bits in the order of their values as integers with a sign, or the bits of those.

    All bits but the sign are inverted if it is set. LLVM would make a choice of `sign & 0x7FFF`,
    which takes one more instruction.
    """
    sign = em.binary("ashr", word, bits, 15)
    inverted = em.binary("xor", word, bits, sign)
    return em.binary("xor", word, inverted, em.binary("and", word, bits, 0x8000))


def _as(em: Emitter, text: str, source: DType, target: DType) -> str:
    kinds = register_type(source), text, register_type(target)
    return text if kinds[0] == kinds[2] else em.once(llvm.convert("bitcast", *kinds))
