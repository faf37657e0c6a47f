"""Emits the lesser and the greater of values; both are NaN if either value is.

Of zeros with different signs either one may result. Floats of 16 bits that the target does not
compare itself are compared as integers: converting two vectors to float32 and the result back takes
twice as many instructions, each for half the lanes. But float32 that were rounded to 16 bits are
compared before that, and where the result is converted to float32 at once, so are the values.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter, Extreme, Handler
from autosched.codegen.llvm.text.types import Value, mangled
from autosched.codegen.llvm.values.convert import narrow, widen
from autosched.codegen.llvm.values.keys import WORD, by_keys, key, of_key
from autosched.ir import expr as e
from autosched.ir.dtype import FLOAT32, DType


def extreme(em: Emitter, which: str, dtype: DType, a: Value, b: Value) -> Value:
    """Emit the lesser (`min`) or greater (`max`) of two values, NaN if either is NaN."""
    if by_keys(em, dtype):
        return _of_halves(em, which, dtype, a, b)
    if dtype.is_float:
        return em.extreme(which, dtype, a, b)
    if type(a) is not str and type(b) is not str:
        return min(a, b) if which == "min" else max(a, b)
    name = ("s" if dtype.kind == "int" else "u") + which
    return em.call(f"llvm.{name}.{mangled(dtype)}", dtype, (a, dtype), (b, dtype))


def _of_halves(em: Emitter, which: str, dtype: DType, a: Value, b: Value) -> Value:
    rounded = [value for value in (a, b) if type(value) is str]
    if rounded and all(value in em.rounded for value in rounded):
        wide = FLOAT32.with_lanes(dtype.lanes)
        a, b = (_before(em, value, dtype) for value in (a, b))
        return narrow(em, em.extreme(which, wide, a, b), dtype)
    word = WORD.with_lanes(dtype.lanes)
    keys = [(key(em, which, value, dtype), word) for value in (a, b)]
    best = em.call(f"llvm.u{which}.{mangled(word)}", word, *keys)
    chosen = of_key(em, which, best, dtype)
    em.extremes[chosen] = Extreme(which, a, b, _among(em, a) + _among(em, b))
    return chosen


def _before(em: Emitter, value: Value, dtype: DType) -> Value:
    return em.rounded[value] if type(value) is str else widen(em, value, dtype)


def _among(em: Emitter, value: Value) -> int:
    known = em.extremes.get(value) if type(value) is str else None
    return 1 if known is None else known.among


def _handler(which: str) -> Handler:
    return lambda em, node: extreme(em, which, node.dtype, em.value(node.a), em.value(node.b))


HANDLERS: dict[type, Handler] = {e.Min: _handler("min"), e.Max: _handler("max")}
