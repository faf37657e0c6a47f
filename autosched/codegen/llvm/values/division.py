"""Division and remainder rounded towards minus infinity, as in Python.

An integer divided by zero is zero, as in NumPy, and the least integer divided by -1 wraps:
neither may stop the process.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter, Handler, Value
from autosched.codegen.llvm.text.types import mangled, register_type
from autosched.codegen.llvm.values.arithmetic import integer
from autosched.codegen.llvm.values.convert import narrow, widen
from autosched.codegen.llvm.values.ranges import is_natural
from autosched.ir import expr as e
from autosched.ir.build import wrap
from autosched.ir.dtype import BOOL, FLOAT32, DType


def floordiv(em: Emitter, node: e.FloorDiv) -> Value:
    return _emit(em, node, remainder=False)


def floormod(em: Emitter, node: e.FloorMod) -> Value:
    return _emit(em, node, remainder=True)


HANDLERS: dict[type, Handler] = {e.FloorDiv: floordiv, e.FloorMod: floormod}


def _emit(em: Emitter, node: e.Binary, remainder: bool) -> Value:
    dtype = node.dtype
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
    return _constant(em, dtype, a, b, remainder, is_natural(em, node.a))


def _constant(em: Emitter, dtype: DType, a: str, b: int, remainder: bool, natural: bool) -> Value:
    unsigned = dtype.kind == "uint" or natural
    if b > 0 and b & (b - 1) == 0:
        if remainder:
            return integer(em, "and", dtype, a, b - 1)
        return integer(em, "lshr" if unsigned else "ashr", dtype, a, b.bit_length() - 1)
    if unsigned and b > 0:
        return integer(em, "urem" if remainder else "udiv", dtype, a, b)
    if b == -1:
        return 0 if remainder else integer(em, "sub", dtype, 0, a)
    return _floored(em, dtype, a, b, remainder)


def _floored(em: Emitter, dtype: DType, a: Value, b: Value, remainder: bool) -> str:
    """The truncating instruction, put right where the remainder's sign is not the divisor's."""
    left = integer(em, "srem", dtype, a, b)
    unequal = _compare(em, "ne", dtype, left, 0)
    crossed = _compare(em, "slt", dtype, integer(em, "xor", dtype, left, b), 0)
    bools = BOOL.with_lanes(dtype.lanes)
    wrong = integer(em, "and", bools, unequal, crossed)
    if remainder:
        return _choose(em, dtype, wrong, integer(em, "add", dtype, left, b), left)
    quotient = integer(em, "sdiv", dtype, a, b)
    return _choose(em, dtype, wrong, integer(em, "sub", dtype, quotient, 1), quotient)


def _variable(em: Emitter, dtype: DType, a: Value, b: str, remainder: bool) -> Value:
    zero = _compare(em, "eq", dtype, b, 0)
    if dtype.kind == "uint":
        safe = _choose(em, dtype, zero, 1, b)
        result = integer(em, "urem" if remainder else "udiv", dtype, a, safe)
        return _choose(em, dtype, zero, 0, result)
    minus = _compare(em, "eq", dtype, b, -1)
    odd = integer(em, "or", BOOL.with_lanes(dtype.lanes), zero, minus)
    result = _floored(em, dtype, a, _choose(em, dtype, odd, 1, b), remainder)
    if remainder:  # modulo the 1 put in its place is 0, which is right for both
        return result
    negated = _choose(em, dtype, minus, integer(em, "sub", dtype, 0, a), result)
    return _choose(em, dtype, zero, 0, negated)


def _float(em: Emitter, dtype: DType, a: Value, b: Value, remainder: bool) -> Value:
    """As NumPy: the exact remainder first, and the nearest whole quotient from it."""
    if dtype.bits == 16:
        wide = FLOAT32.with_lanes(dtype.lanes)
        result = _float(em, wide, widen(em, a, dtype), widen(em, b, dtype), remainder)
        return narrow(em, result, dtype)
    kind = register_type(dtype)
    zero = em.text(0.0, dtype)
    a, b = em.text(a, dtype), em.text(b, dtype)
    left = em.let(f"frem {kind} {a}, {b}")
    unequal = em.let(f"fcmp une {kind} {left}, {zero}")
    is_negative = em.let(f"fcmp olt {kind} {left}, {zero}")
    divisor_is = em.let(f"fcmp olt {kind} {b}, {zero}")
    bools = BOOL.with_lanes(dtype.lanes)
    crossed = integer(em, "xor", bools, is_negative, divisor_is)
    wrong = integer(em, "and", bools, unequal, crossed)
    moved = em.let(f"fadd {kind} {left}, {b}")
    if remainder:
        return _choose(em, dtype, wrong, moved, left)
    # From the truncated remainder: the floored one is infinite where the divisor is.
    one = em.text(1.0, dtype)
    truncated = em.let(f"fdiv {kind} {em.let(f'fsub {kind} {a}, {left}')}, {b}")
    quotient = _choose(em, dtype, wrong, em.let(f"fsub {kind} {truncated}, {one}"), truncated)
    symbol = f"llvm.floor.{mangled(dtype)}"
    em.module.declare(symbol, kind, kind)
    below = em.let(f"call {kind} @{symbol}({kind} {quotient})")
    gap = em.let(f"fsub {kind} {quotient}, {below}")
    is_off = em.let(f"fcmp ogt {kind} {gap}, {em.text(0.5, dtype)}")
    rounded = _choose(em, dtype, is_off, em.let(f"fadd {kind} {below}, {one}"), below)
    by_zero = em.let(f"fcmp oeq {kind} {b}, {zero}")
    return _choose(em, dtype, by_zero, em.let(f"fdiv {kind} {a}, {b}"), rounded)


def _compare(em: Emitter, how: str, dtype: DType, a: Value, b: Value) -> str:
    operands = f"{em.text(a, dtype)}, {em.text(b, dtype)}"
    return em.once(f"icmp {how} {register_type(dtype)} {operands}")


def _choose(em: Emitter, dtype: DType, condition: str, then: Value, otherwise: Value) -> str:
    bools = BOOL.with_lanes(dtype.lanes)
    operands = f"{em.typed(then, dtype)}, {em.typed(otherwise, dtype)}"
    return em.let(f"select {em.typed(condition, bools)}, {operands}")
