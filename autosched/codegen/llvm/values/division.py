"""Emits divisions and remainders rounded towards minus infinity, as in Python.

An integer divided by zero is zero, as in NumPy, and the least integer divided by -1 wraps:
neither may stop the process.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.text.types import Value, mangled, register_type
from autosched.codegen.llvm.values.convert import narrow, widen
from autosched.codegen.llvm.values.intrinsics import math_call
from autosched.codegen.llvm.values.ranges import natural_limit
from autosched.ir import expr as e
from autosched.ir.build import wrap
from autosched.ir.dtype import BOOL, FLOAT32, DType


def divide(em: Emitter, node: e.FloorDiv | e.FloorMod) -> Value:
    dtype, remainder = node.dtype, type(node) is e.FloorMod
    a, b = em.value(node.a), em.value(node.b)
    if dtype.is_float:
        return _float(em, dtype, a, b, remainder)
    if type(b) is str:
        return _variable(em, dtype, a, b, remainder)
    assert isinstance(b, int)
    if b == 0:
        return 0
    if type(a) is not str:
        return wrap(a % b if remainder else a // b, dtype)  # type: ignore[arg-type,operator]
    if b == 1:
        return 0 if remainder else a
    return _constant(em, dtype, a, b, remainder, natural_limit(em, node.a) is not None)


def _constant(em: Emitter, dtype: DType, a: str, b: int, remainder: bool, natural: bool) -> Value:
    unsigned = dtype.kind == "uint" or natural
    if b > 0 and b & (b - 1) == 0:
        if remainder:
            return em.integer("and", dtype, a, b - 1)
        return em.integer("lshr" if unsigned else "ashr", dtype, a, b.bit_length() - 1)
    if unsigned and b > 0:
        return em.integer("urem" if remainder else "udiv", dtype, a, b)
    if b == -1:
        return 0 if remainder else em.integer("sub", dtype, 0, a)
    return _floored(em, dtype, a, b, remainder)


def _floored(em: Emitter, dtype: DType, a: Value, b: Value, remainder: bool) -> str:
    """Emit a truncating division, corrected if the remainder has not the sign of the divisor."""
    left = em.integer("srem", dtype, a, b)
    unequal = em.integer("icmp ne", dtype, left, 0)
    crossed = em.integer("icmp slt", dtype, em.integer("xor", dtype, left, b), 0)
    bools = BOOL.with_lanes(dtype.lanes)
    wrong = em.integer("and", bools, unequal, crossed)
    if remainder:
        return em.select(wrong, dtype, em.integer("add", dtype, left, b), left)
    quotient = em.integer("sdiv", dtype, a, b)
    return em.select(wrong, dtype, em.integer("sub", dtype, quotient, 1), quotient)


def _variable(em: Emitter, dtype: DType, a: Value, b: str, remainder: bool) -> Value:
    zero = em.integer("icmp eq", dtype, b, 0)
    if dtype.kind == "uint":
        safe = em.select(zero, dtype, 1, b)
        result = em.integer("urem" if remainder else "udiv", dtype, a, safe)
        return em.select(zero, dtype, 0, result)
    minus = em.integer("icmp eq", dtype, b, -1)
    odd = em.integer("or", BOOL.with_lanes(dtype.lanes), zero, minus)
    result = _floored(em, dtype, a, em.select(odd, dtype, 1, b), remainder)
    if remainder:  # modulo the 1 put in its place is 0, which is right for both
        return result
    negated = em.select(minus, dtype, em.integer("sub", dtype, 0, a), result)
    return em.select(zero, dtype, 0, negated)


def _float(em: Emitter, dtype: DType, a: Value, b: Value, remainder: bool) -> Value:
    """Divide as NumPy does: the exact remainder first, then the nearest whole quotient."""
    if dtype.bits == 16:
        wide = FLOAT32.with_lanes(dtype.lanes)
        result = _float(em, wide, widen(em, a, dtype), widen(em, b, dtype), remainder)
        return narrow(em, result, dtype)
    left = math_call(em, "fmod", [a, b], dtype)
    unequal = em.binary("fcmp une", dtype, left, 0.0)
    is_negative = em.binary("fcmp olt", dtype, left, 0.0)
    divisor_is = em.binary("fcmp olt", dtype, b, 0.0)
    bools = BOOL.with_lanes(dtype.lanes)
    crossed = em.integer("xor", bools, is_negative, divisor_is)
    wrong = em.integer("and", bools, unequal, crossed)
    moved = em.binary("fadd", dtype, left, b)
    if remainder:
        return em.select(wrong, dtype, moved, left)
    # From the truncated remainder: the floored one is infinite where the divisor is.
    truncated = em.binary("fdiv", dtype, em.binary("fsub", dtype, a, left), b)
    lesser = em.binary("fsub", dtype, truncated, 1.0)
    quotient = em.select(wrong, dtype, lesser, truncated)
    kind = register_type(dtype)
    below = em.let(em.called(f"llvm.floor.{mangled(dtype)}", kind, (kind, quotient)))
    is_off = em.binary("fcmp ogt", dtype, em.binary("fsub", dtype, quotient, below), 0.5)
    rounded = em.select(is_off, dtype, em.binary("fadd", dtype, below, 1.0), below)
    by_zero = em.binary("fcmp oeq", dtype, b, 0.0)
    return em.select(by_zero, dtype, em.binary("fdiv", dtype, a, b), rounded)


HANDLERS: dict[type, Handler] = {e.FloorDiv: divide, e.FloorMod: divide}
