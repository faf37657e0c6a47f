"""Conversions that round once, by way of a float32, and floats as the nearest integers."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text.types import mangled
from autosched.ir.dtype import BOOL, FLOAT32, DType, dtype


def odd_float32(em: Emitter, value: str, source: DType) -> str:
    """The next float32 towards zero from a float or integer of 64 bits, odd where not exact.

    Rounded again, to a format of fewer than 22 bits, it gives what `value` itself would.
    """
    wide = FLOAT32.with_lanes(source.lanes)
    word, bools = dtype("uint32").with_lanes(source.lanes), BOOL.with_lanes(source.lanes)
    if source.is_float:
        near = em.convert("fptrunc", value, source, wide)
        back = em.convert("fpext", near, wide, source)
        lengths = [
            em.call(f"llvm.fabs.{mangled(source)}", source, (x, source)) for x in (back, value)
        ]
        is_beyond = em.binary("fcmp ogt", source, *lengths)
        is_inexact = em.binary("fcmp one", source, back, value)
    else:
        sign = "s" if source.kind == "int" else "u"
        near = em.convert(f"{sign}itofp", value, source, wide)
        back = saturated(em, near, wide, source)
        is_inexact = em.binary("icmp ne", source, back, value)
        is_beyond = em.binary(f"icmp {sign}gt", source, back, value)
        if source.kind == "int":
            is_below = em.binary("icmp slt", source, back, value)
            is_negative = em.binary("icmp slt", source, value, 0)
            is_beyond = em.select(is_negative, bools, is_below, is_beyond)
    bits = em.convert("bitcast", near, wide, word)
    step = em.convert("zext", is_beyond, bools, word)
    odd = em.convert("zext", is_inexact, bools, word)
    shorter = em.binary("sub", word, bits, step)
    return em.convert("bitcast", em.binary("or", word, shorter, odd), word, wide)


def saturated(em: Emitter, value: str, source: DType, target: DType) -> str:
    """A float32 or float64 as an integer, towards zero: NaN is 0, what does not fit the nearest."""
    sign = "s" if target.kind == "int" else "u"
    symbol = f"llvm.fpto{sign}i.sat.{mangled(target)}.{mangled(source)}"
    return em.call(symbol, target, (value, source))
