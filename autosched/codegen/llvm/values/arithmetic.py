"""Emits additions, products, bit operations and logic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, mangled, register_type
from autosched.codegen.llvm.values.convert import computed_wide, narrow, widen
from autosched.ir import expr as e
from autosched.ir.build import wrap
from autosched.ir.dtype import FLOAT32, DType


def floating(
    em: Emitter, operation: str, dtype: DType, a: Value, b: Value, freedom: str = ""
) -> Value:
    """Emit a float instruction of two operands; 16-bit floats may be computed in float32."""
    if computed_wide(em, dtype):
        wide = FLOAT32.with_lanes(dtype.lanes)
        a, b = widen(em, a, dtype), widen(em, b, dtype)
        return narrow(em, floating(em, operation, wide, a, b, freedom), dtype)
    return em.binary(operation + em.flags(freedom), dtype, a, b)


def add(em: Emitter, node: e.Add) -> Value:
    dtype = node.dtype
    if dtype.is_float:
        if type(node.b) is e.Mul:
            return multiply_add(em, node.b, em.value(node.a), dtype)
        if type(node.a) is e.Mul:
            return multiply_add(em, node.a, em.value(node.b), dtype)
        return floating(em, "fadd", dtype, em.value(node.a), em.value(node.b))
    a, b = em.value(node.a), em.value(node.b)
    if type(a) is not str and type(b) is not str:
        return wrap(a + b, dtype)  # type: ignore[arg-type,operator]
    if type(b) is int and b == 0:
        return a
    if type(a) is int and a == 0:
        return b
    return em.integer("add", dtype, a, b)


def sub(em: Emitter, node: e.Sub) -> Value:
    dtype = node.dtype
    if dtype.is_float:
        return _float_sub(em, node, dtype)
    a, b = em.value(node.a), em.value(node.b)
    if type(a) is not str and type(b) is not str:
        return wrap(a - b, dtype)  # type: ignore[arg-type,operator]
    return a if type(b) is int and b == 0 else em.integer("sub", dtype, a, b)


def mul(em: Emitter, node: e.Mul) -> Value:
    dtype = node.dtype
    a, b = em.value(node.a), em.value(node.b)
    if dtype.is_float:
        return floating(em, "fmul", dtype, a, b)
    if type(a) is not str and type(b) is not str:
        return wrap(a * b, dtype)  # type: ignore[arg-type,operator]
    if type(a) is int:
        a, b = b, a
    if type(b) is int and b in (0, 1):
        return a if b else 0
    return em.integer("mul", dtype, a, b)


def _float_sub(em: Emitter, node: e.Sub, dtype: DType) -> Value:
    """Emit a difference; one of two products is not contracted, so that equal ones give zero."""
    left, right = type(node.a) is e.Mul, type(node.b) is e.Mul
    if left and not right:
        return multiply_add(em, node.a, em.value(node.b), dtype, minus_addend=True)
    if right and not left:
        return multiply_add(em, node.b, em.value(node.a), dtype, minus_product=True)
    return floating(em, "fsub", dtype, em.value(node.a), em.value(node.b))


def multiply_add(
    em: Emitter,
    product: e.Expr,
    addend: Value,
    dtype: DType,
    freedom: str = "",
    *,
    minus_product: bool = False,
    minus_addend: bool = False,
) -> Value:
    """Emit `product` plus `addend`, or either negated, rounded once if the target fuses them."""
    wide = FLOAT32.with_lanes(dtype.lanes) if computed_wide(em, dtype) else dtype
    a, b = em.value(product.a), em.value(product.b)  # type: ignore[attr-defined]
    if wide is not dtype:
        a, b, addend = (widen(em, value, dtype) for value in (a, b, addend))
    if minus_product:
        a = _negated(em, a, wide)
    if minus_addend:
        addend = _negated(em, addend, wide)
    symbol = f"llvm.fmuladd.{mangled(wide)}"
    result = em.call(symbol, wide, (a, wide), (b, wide), (addend, wide), freedom=freedom)
    return result if wide is dtype else narrow(em, result, dtype)


def _negated(em: Emitter, value: Value, dtype: DType) -> Value:
    if type(value) is not str:
        return -value  # type: ignore[operator]
    return em.once(llvm.unary("fneg", register_type(dtype), value))


def div(em: Emitter, node: e.Div) -> Value:
    return floating(em, "fdiv", node.dtype, em.value(node.a), em.value(node.b))


def _bits(operation: str, fold: Callable[[Any, Any], int]) -> Handler:
    def emit(em: Emitter, node: e.Binary) -> Value:
        a, b = em.value(node.a), em.value(node.b)
        if type(a) is not str and type(b) is not str:
            return wrap(fold(a, b), node.dtype)
        return em.integer(operation, node.dtype, a, b)

    return emit


def shifted(em: Emitter, node: e.ShiftLeft | e.ShiftRight) -> Value:
    """Emit a shift: zero, or the sign in every bit, if the amount is not within the width."""
    dtype = node.dtype
    right = "ashr" if dtype.kind == "int" else "lshr"
    operation = "shl" if type(node) is e.ShiftLeft else right
    a, b = em.value(node.a), em.value(node.b)
    last = dtype.bits - 1
    if type(b) is str:
        symbol = f"llvm.umin.{mangled(dtype)}"
        amount: Value = em.call(symbol, dtype, (b, dtype), (last, dtype))
        result = em.integer(operation, dtype, a, amount)
        if operation == "ashr":
            return result
        return em.select(em.integer("icmp ule", dtype, b, last), dtype, result, 0)
    assert isinstance(b, int)
    if not 0 <= b <= last:
        if operation != "ashr":
            return 0
        b = last
    if type(a) is not str:
        return wrap(a << b if operation == "shl" else a >> b, dtype)  # type: ignore[operator]
    return em.integer(operation, dtype, a, b)


def and_(em: Emitter, node: e.And) -> Value:
    a = em.value(node.a)
    if type(a) is not str:
        return em.value(node.b) if a else False
    return both(em, node.dtype, a, em.value(node.b))


def both(em: Emitter, dtype: DType, a: Value, b: Value) -> Value:
    """Emit the conjunction of two bools."""
    if type(a) is not str:
        return b if a else False
    if type(b) is not str:
        return a if b else False
    return a if a == b else em.integer("and", dtype, a, b)


def or_(em: Emitter, node: e.Or) -> Value:
    a = em.value(node.a)
    if type(a) is not str:
        return True if a else em.value(node.b)
    b = em.value(node.b)
    if type(b) is not str:
        return True if b else a
    return em.integer("or", node.dtype, a, b)


def not_(em: Emitter, node: e.Not) -> Value:
    return opposite(em, node.dtype, em.value(node.a))


def opposite(em: Emitter, dtype: DType, a: Value) -> Value:
    """Emit the negation of a bool."""
    return em.integer("xor", dtype, a, True) if type(a) is str else not a


HANDLERS: dict[type, Handler] = {
    e.Add: add, e.Sub: sub, e.Mul: mul, e.Div: div,
    e.BitAnd: _bits("and", operator.and_), e.BitOr: _bits("or", operator.or_),
    e.BitXor: _bits("xor", operator.xor), e.ShiftLeft: shifted, e.ShiftRight: shifted,
    e.And: and_, e.Or: or_, e.Not: not_,
}  # fmt: skip
