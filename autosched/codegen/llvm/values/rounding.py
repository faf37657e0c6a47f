"""Conversions that round once, by way of a float32, and floats as the nearest integers."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text.types import mangled, register_type
from autosched.ir.dtype import BOOL, FLOAT32, DType, dtype


def odd_float32(em: Emitter, value: str, source: DType) -> str:
    """The next float32 towards zero from a float or integer of 64 bits, odd where not exact.

    Rounded again, to a format of fewer than 22 bits, it gives what `value` itself would.
    """
    wide = FLOAT32.with_lanes(source.lanes)
    kind, single = register_type(source), register_type(wide)
    word = register_type(dtype("uint32").with_lanes(source.lanes))
    if source.is_float:
        near = em.let(f"fptrunc {kind} {value} to {single}")
        back = em.let(f"fpext {single} {near} to {kind}")
        lengths = [
            em.call(f"llvm.fabs.{mangled(source)}", source, (x, source)) for x in (back, value)
        ]
        is_beyond = em.let(f"fcmp ogt {kind} {lengths[0]}, {lengths[1]}")
        is_inexact = em.let(f"fcmp one {kind} {back}, {value}")
    else:
        sign = "s" if source.kind == "int" else "u"
        near = em.let(f"{sign}itofp {kind} {value} to {single}")
        back = saturated(em, near, wide, source)
        is_inexact = em.let(f"icmp ne {kind} {back}, {value}")
        is_beyond = em.let(f"icmp {sign}gt {kind} {back}, {value}")
        if source.kind == "int":
            bools = register_type(BOOL.with_lanes(source.lanes))
            is_below = em.let(f"icmp slt {kind} {back}, {value}")
            is_negative = em.let(f"icmp slt {kind} {value}, {em.text(0, source)}")
            is_beyond = em.let(
                f"select {bools} {is_negative}, {bools} {is_below}, {bools} {is_beyond}"
            )
    bools = register_type(BOOL.with_lanes(source.lanes))
    bits = em.let(f"bitcast {single} {near} to {word}")
    step = em.let(f"zext {bools} {is_beyond} to {word}")
    odd = em.let(f"zext {bools} {is_inexact} to {word}")
    shorter = em.let(f"sub {word} {bits}, {step}")
    return em.let(f"bitcast {word} {em.let(f'or {word} {shorter}, {odd}')} to {single}")


def saturated(em: Emitter, value: str, source: DType, target: DType) -> str:
    """A float32 or float64 as an integer, towards zero: NaN is 0, what does not fit the nearest."""
    sign = "s" if target.kind == "int" else "u"
    symbol = f"llvm.fpto{sign}i.sat.{mangled(target)}.{mangled(source)}"
    return em.call(symbol, target, (value, source))
