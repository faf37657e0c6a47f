"""Conversions between element types, each of which rounds once."""

from __future__ import annotations

import numpy as np

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, mangled, register_type
from autosched.codegen.llvm.values.bfloat import rounded_bfloat, widened_bfloat
from autosched.codegen.llvm.values.half import narrowed_half, widened_half
from autosched.codegen.llvm.values.narrow import between, is_narrowing, narrowed
from autosched.ir.build import cast as cast_expr
from autosched.ir.build import const
from autosched.ir.dtype import BOOL, FLOAT16, FLOAT32, FLOAT64, INT32, DType, dtype
from autosched.ir.expr import Cast, Const
from autosched.target.target import Target

_MOST_WIDENED = 3
"""Up to so many values are converted each, beyond that the least or greatest of them."""


def cast(em: Emitter, node: Cast) -> Value:
    inner = node.value
    if type(inner) is Cast and is_narrowing(inner) and node.dtype.scalar is INT32:
        wide = narrowed(em, inner)
        if wide is not None:
            return wide
    elif is_narrowing(node):
        wide = narrowed(em, node)
        if wide is not None:
            return _as(em, "trunc", wide, INT32.with_lanes(node.dtype.lanes), node.dtype)
    return convert(em, em.value(node.value), node.value.dtype, node.dtype)


def convert(em: Emitter, value: Value, source: DType, target: DType) -> Value:
    """Convert `value` of dtype `source` to dtype `target` of as many lanes.

    A float becomes an integer by truncation; NaN gives 0, others out of range the nearest limit.
    Every conversion rounds once.
    """
    if source is target:
        return value
    if type(value) is not str:
        return _convert_constant(value, source, target)
    if target.scalar is FLOAT32:
        chosen = _compared_wide(em, value, source)
        if chosen is not None:
            return chosen
    if source.kind == "bfloat":
        wide = FLOAT32.with_lanes(source.lanes)
        return convert(em, widened_bfloat(em, value, source), wide, target)
    if FLOAT16 in (source.scalar, target.scalar) and not _converts_halves(em.module.target):
        return _by_float32(em, value, source, target)
    if target.is_bool:
        return _to_bool(em, value, source)
    if source.is_float and target.is_float:
        near = _float_to_float(em, value, source, target)
        if target.bits < source.bits == 32:
            em.rounded[near] = value
        return near
    if source.is_float:
        return _float_to_int(em, value, source, target)
    if target.is_float:
        return _int_to_float(em, value, source, target)
    if source.bits == target.bits:
        return value
    signed = "sext" if source.kind == "int" else "zext"
    return _as(em, "trunc" if target.bits < source.bits else signed, value, source, target)


def _compared_wide(em: Emitter, value: str, source: DType) -> Value | None:
    """Compare in float32 those of which `value` is the least or greatest; None for another value.

    LLVM drops the comparison in 16 bits if nothing else needs it.
    """
    known = em.extremes.get(value)
    if known is None or known.among > _MOST_WIDENED:
        return None
    wide = FLOAT32.with_lanes(source.lanes)
    return em.extreme(known.which, wide, *(widen(em, each, source) for each in (known.a, known.b)))


def _converts_halves(machine: Target) -> bool:
    """Tell whether there are instructions for it; otherwise LLVM calls a compiler's library."""
    return not machine.triple.startswith("x86") or "+f16c" in machine.features.split(",")


def computed_wide(em: Emitter, dtype: DType) -> bool:
    """Tell whether operations on `dtype` are done in float32, for lack of instructions."""
    half = dtype.scalar is FLOAT16 and not _converts_halves(em.module.target)
    return half or dtype.kind == "bfloat"


def _by_float32(em: Emitter, value: str, source: DType, target: DType) -> Value:
    wide = FLOAT32.with_lanes(source.lanes)
    if source.scalar is FLOAT16:
        return convert(em, widened_half(em, value, source), wide, target)
    double = source.is_float and source.bits == 64
    narrow = odd_float32(em, value, source) if double else convert(em, value, source, wide)
    assert isinstance(narrow, str), "constants were converted before"
    return narrowed_half(em, narrow, target)


def widen(em: Emitter, value: Value, dtype: DType) -> Value:
    """Convert a 16-bit float value to float32, in which it is computed."""
    return convert(em, value, dtype, FLOAT32.with_lanes(dtype.lanes))


def narrow(em: Emitter, value: Value, dtype: DType) -> Value:
    """Round a float32 value to the 16-bit `dtype`."""
    return convert(em, value, FLOAT32.with_lanes(dtype.lanes), dtype)


def _as(em: Emitter, operation: str, value: Value, source: DType, target: DType) -> str:
    if source.is_float:
        return em.convert(operation, value, source, target)
    kinds = register_type(source), em.text(value, source), register_type(target)
    return em.once(llvm.convert(operation, *kinds))


def _convert_constant(value: Value, source: DType, target: DType) -> Value:
    assert not isinstance(value, str)
    folded = cast_expr(const(value, source.scalar), target.scalar)
    assert isinstance(folded, Const)
    return folded.value


def _to_bool(em: Emitter, value: str, source: DType) -> str:
    return em.binary("fcmp une" if source.is_float else "icmp ne", source, value, 0)


def _float_to_float(em: Emitter, value: str, source: DType, target: DType) -> str:
    if target.bits > source.bits:
        return _as(em, "fpext", value, source, target)
    if source.bits == 64 and target.bits == 32:
        return _as(em, "fptrunc", value, source, target)
    direct = source.bits == 32 or (target.kind == "float" and _has(em, "avx512fp16"))
    if not direct or source.bits == 16:  # by way of float32
        wide = FLOAT32.with_lanes(source.lanes)
        if source.bits == 16:
            value, source = _as(em, "fpext", value, source, wide), wide
        else:
            value, source = odd_float32(em, value, source), wide
    if target.kind == "bfloat":
        return rounded_bfloat(em, value, target)
    return _as(em, "fptrunc", value, source, target)


def _has(em: Emitter, feature: str) -> bool:
    """Tell whether the target has a feature; otherwise LLVM calls a compiler's library."""
    return f"+{feature}" in em.module.target.features.split(",")


def _float_to_int(em: Emitter, value: str, source: DType, target: DType) -> Value:
    if source.bits == 16:  # exact, and less code than from 16 bits
        wide = FLOAT32.with_lanes(source.lanes)
        return _float_to_int(em, _as(em, "fpext", value, source, wide), wide, target)
    fits = target.bits < 32 or (target.kind == "int" and target.bits == 32)
    if fits and target.lanes > 1:
        return _within_int32(em, value, source, target)
    return saturated(em, value, source, target)


def _within_int32(em: Emitter, value: str, source: DType, target: DType) -> Value:
    """Emit the result of `saturated` for integers that fit into int32.

    LLVM converts one lane after the other where it keeps values within bounds itself.
    """
    wide = INT32.with_lanes(target.lanes)
    low, high = int(target.min_value), int(target.max_value)
    most = _float_below(high, source)
    inside = between(em, value, source, float(low), most)
    near = em.convert("fptosi", inside, source, wide)
    if most != high:
        near = em.select(em.binary("fcmp oge", source, value, float(high + 1)), wide, high, near)
    if low:  # not a number is taken for the least
        near = em.select(em.binary("fcmp uno", source, value, value), wide, 0, near)
    return near if target.bits == 32 else _as(em, "trunc", near, wide, target)


def _float_below(high: int, source: DType) -> float:
    """Return the largest float that does not exceed an integer."""
    near = source.scalar.numpy.type(high)
    return float(near if near <= high else np.nextafter(near, source.scalar.numpy.type(0)))


def _int_to_float(em: Emitter, value: str, source: DType, target: DType) -> Value:
    if target.kind != "bfloat":
        return _as(em, "sitofp" if source.kind == "int" else "uitofp", value, source, target)
    if source.bits == 64:
        return narrow(em, odd_float32(em, value, source), target)
    exact = (FLOAT32 if source.bits < 32 else FLOAT64).with_lanes(target.lanes)
    return convert(em, _int_to_float(em, value, source, exact), exact, target)


def odd_float32(em: Emitter, value: str, source: DType) -> str:
    """Emit the next float32 towards zero from a float or integer of 64 bits, odd if not exact.

    Rounding it again, to a format of fewer than 22 bits, gives the same as rounding `value`.
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
    """Truncate a float32 or float64 to an integer: NaN gives 0, others the nearest limit."""
    sign = "s" if target.kind == "int" else "u"
    symbol = f"llvm.fpto{sign}i.sat.{mangled(target)}.{mangled(source)}"
    return em.call(symbol, target, (value, source))
