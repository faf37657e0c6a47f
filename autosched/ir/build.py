"""Folding constructors, which match the dtypes of operands and fold constants.

Every part of the compiler makes its nodes here, so that `x + 0` never becomes a node.
Python numbers take the dtype of the other operand; of two expressions the wider dtype
wins, a float over an integer. Folding never changes a float's value, NaN and signed
zero included: `x * 0.0` and `x + 0.0` stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir import expr as e
from autosched.ir.convert import as_expr, broadcast, cast, const, match
from autosched.ir.convert import promote as promote
from autosched.ir.convert import wrap as wrap
from autosched.ir.dtype import BOOL, FLOAT32, DType
from autosched.ir.intrinsics import INTRINSICS

Operand = Any


def strides_of(buffer: e.Buffer) -> tuple[e.Expr, ...]:
    """Return the strides of a buffer, in elements."""
    if buffer.strides is not None:
        return buffer.strides
    strides: list[e.Expr] = []
    stride: e.Expr = const(1)
    for extent in reversed(buffer.shape):
        strides.append(stride)
        stride = mul(extent, stride)
    return tuple(reversed(strides))


def ramp(base: e.Expr, stride: int, lanes: int) -> e.Expr:
    """Return the vector of `base`, `base + stride` and so on in `lanes` lanes."""
    if base.dtype.lanes != 1:
        raise ExpressionError(f"expected a scalar base of a ramp, got {base} of {base.dtype}")
    if lanes == 1 or stride == 0:
        return broadcast(base, lanes)
    return e.Ramp(base, stride, base.dtype.with_lanes(lanes))


def load(buffer: e.Buffer, indices: Sequence[Operand], mask: e.Expr | None = None) -> e.Expr:
    """Return the elements of `buffer` at `indices`, with the lanes of the widest index."""
    exprs = tuple(as_expr(index) for index in indices)
    lanes = max((index.dtype.lanes for index in exprs), default=1)
    return e.Load(buffer, exprs, buffer.dtype.with_lanes(lanes), mask)


def add(a: Operand, b: Operand) -> e.Expr:
    a, b = _numeric(a, b, "+")
    if not a.dtype.is_float:
        if type(a) is e.Const:
            a, b = b, a
        if _is_const(b, 0):
            return a
        if _is_const(a, 0):
            return b
        if type(b) is e.Const and type(a) is e.Add and type(a.b) is e.Const:
            return add(a.a, const(a.b.value + b.value, b.dtype))
    return _fold(e.Add, a, b, lambda x, y: x + y)


def sub(a: Operand, b: Operand) -> e.Expr:
    a, b = _numeric(a, b, "-")
    if not a.dtype.is_float:
        if a is b:
            return zero(a.dtype)
        if type(b) is e.Const:
            return add(a, const(-b.value, b.dtype)) if b.value else a
    return _fold(e.Sub, a, b, lambda x, y: x - y)


def mul(a: Operand, b: Operand) -> e.Expr:
    a, b = _numeric(a, b, "*")
    if _is_const(b, 1):
        return a
    if _is_const(a, 1):
        return b
    if not a.dtype.is_float:
        if type(a) is e.Const:
            a, b = b, a
        if _is_const(a, 0) or _is_const(b, 0):
            return zero(a.dtype)
        if type(b) is e.Const and type(a) is e.Mul and type(a.b) is e.Const:
            return mul(a.a, const(a.b.value * b.value, b.dtype))
    return _fold(e.Mul, a, b, lambda x, y: x * y)


def div(a: Operand, b: Operand) -> e.Expr:
    """Return `a / b` of floats, or of integer constants whose quotient is whole."""
    a, b = _numeric(a, b, "/")
    if not a.dtype.is_float:
        if type(a) is e.Const and type(b) is e.Const and b.value and a.value % b.value == 0:
            return const(a.value // b.value, a.dtype)
        raise ExpressionError(
            f"expected float operands for '/', got {a.dtype}",
            hint="use // for a floor division, or cast with .astype('float32')",
        )
    if _is_const(b, 1):
        return a
    return e.Div(a, b, a.dtype) if _is_const(b, 0) else _fold(e.Div, a, b, lambda x, y: x / y)


def floordiv(a: Operand, b: Operand) -> e.Expr:
    """Return `a // b`, rounded towards minus infinity as in Python."""
    a, b = _divided(a, b, "//")
    if _is_const(b, 1) and not a.dtype.is_float:
        return a
    return _fold_integers(e.FloorDiv, a, b, lambda x, y: x // y)


def ceildiv(a: Operand, b: Operand) -> e.Expr:
    """Return `a / b` of integers rounded towards plus infinity, for a positive `b`."""
    if type(a) is e.Const and type(b) is e.Const and a.dtype is b.dtype and b.value > 0:
        return const(-(-a.value // b.value), a.dtype)
    return floordiv(add(a, sub(b, 1)), b)


def floormod(a: Operand, b: Operand) -> e.Expr:
    """Return `a % b`, with the sign of `b` as in Python."""
    a, b = _divided(a, b, "%")
    if _is_const(b, 1) and not a.dtype.is_float:
        return zero(a.dtype)
    return _fold_integers(e.FloorMod, a, b, lambda x, y: x % y)


def minimum(a: Operand, b: Operand) -> e.Expr:
    """Return the lesser of two values: NaN if either is NaN, of two zeros either."""
    a, b = match(a, b)
    if a.dtype.is_bool:
        return and_(a, b)
    return a if a is b else _fold(e.Min, a, b, min)


def maximum(a: Operand, b: Operand) -> e.Expr:
    """Return the greater of two values: NaN if either is NaN, of two zeros either."""
    a, b = match(a, b)
    if a.dtype.is_bool:
        return or_(a, b)
    return a if a is b else _fold(e.Max, a, b, max)


def neg(a: Operand) -> e.Expr:
    a = as_expr(a)
    return mul(a, const(-1, a.dtype.scalar))


def invert(a: Operand) -> e.Expr:
    """Return `~a`: all bits of an integer inverted, or the opposite of a bool."""
    a = as_expr(a)
    if a.dtype.is_bool:
        return not_(a)
    return bitxor(a, const(-1, a.dtype.scalar))


def power(a: Operand, b: Operand) -> e.Expr:
    """Return `a ** b` in floating point."""
    a, b = _numeric(a, b, "**")
    if not a.dtype.is_float:
        a, b = cast(a, FLOAT32), cast(b, FLOAT32)
    return call("pow", a, b)


def bitand(a: Operand, b: Operand) -> e.Expr:
    a, b = _bits(a, b, "&")
    return and_(a, b) if a.dtype.is_bool else _fold(e.BitAnd, a, b, lambda x, y: x & y)


def bitor(a: Operand, b: Operand) -> e.Expr:
    a, b = _bits(a, b, "|")
    return or_(a, b) if a.dtype.is_bool else _fold(e.BitOr, a, b, lambda x, y: x | y)


def bitxor(a: Operand, b: Operand) -> e.Expr:
    a, b = _bits(a, b, "^")
    return ne(a, b) if a.dtype.is_bool else _fold(e.BitXor, a, b, lambda x, y: x ^ y)


def shift_left(a: Operand, b: Operand) -> e.Expr:
    """Return `a << b`; 0 if the amount is not from 0 to the width less one.

    A constant amount outside that range is refused.
    """
    return _fold(e.ShiftLeft, *_shifted(a, b, "<<"), lambda x, y: x << y)


def shift_right(a: Operand, b: Operand) -> e.Expr:
    """Return `a >> b`; the sign in all bits if the amount is not from 0 to the width less one."""
    return _fold(e.ShiftRight, *_shifted(a, b, ">>"), lambda x, y: x >> y)


def eq(a: Operand, b: Operand) -> e.Expr:
    return _compare(e.Eq, a, b, lambda x, y: x == y)


def ne(a: Operand, b: Operand) -> e.Expr:
    return _compare(e.Ne, a, b, lambda x, y: x != y)


def lt(a: Operand, b: Operand) -> e.Expr:
    return _compare(e.Lt, a, b, lambda x, y: x < y)


def le(a: Operand, b: Operand) -> e.Expr:
    return _compare(e.Le, a, b, lambda x, y: x <= y)


def and_(*operands: Operand) -> e.Expr:
    """Return the conjunction of the bools; true if there are none."""
    return _logical(e.And, operands, neutral=True)


def or_(*operands: Operand) -> e.Expr:
    """Return the disjunction of the bools; false if there are none."""
    return _logical(e.Or, operands, neutral=False)


def not_(a: Operand) -> e.Expr:
    a = _bool(a)
    if type(a) is e.Const:
        return const(not a.value)
    return a.a if type(a) is e.Not else e.Not(a, a.dtype)


def select(condition: Operand, then: Operand, otherwise: Operand) -> e.Expr:
    """Return `then` if `condition` holds, else `otherwise`; only the chosen one is evaluated."""
    condition = _bool(condition)
    then, otherwise = match(then, otherwise)
    lanes = max(condition.dtype.lanes, then.dtype.lanes)
    then, otherwise = broadcast(then, lanes), broadcast(otherwise, lanes)
    if then is otherwise or _is_const(condition, True):
        return then
    if _is_const(condition, False):
        return otherwise
    return e.Select(condition, then, otherwise, then.dtype)


def call(name: str, *args: Operand) -> e.Expr:
    """Return the call of the intrinsic `name` with operands converted to one dtype."""
    intrinsic = INTRINSICS.get(name)
    if intrinsic is None:
        raise ExpressionError(
            f"expected an intrinsic, got {name!r}", hint=f"there are {', '.join(INTRINSICS)}"
        )
    if len(args) != intrinsic.arity:
        raise ExpressionError(f"expected {intrinsic.arity} operands for {name}, got {len(args)}")
    exprs = (as_expr(args[0]),) if len(args) == 1 else match(*args)
    dtype = exprs[0].dtype
    if not intrinsic.accepts(dtype):
        raise ExpressionError(
            f"expected {intrinsic.operands} operands for {name}, got {exprs[0]} of dtype {dtype}",
            hint="cast it with .astype",
        )
    return e.Call(name, exprs, intrinsic.result(dtype))


def zero(dtype: DType) -> e.Expr:
    return broadcast(const(0, dtype.scalar), dtype.lanes)


def _is_const(node: e.Expr, value: int | bool) -> bool:
    if type(node) is e.Broadcast:
        node = node.value
    return type(node) is e.Const and node.value == value


def _fold(kind: type[e.Binary], a: e.Expr, b: e.Expr, evaluate: Any) -> e.Expr:
    if type(a) is e.Const and type(b) is e.Const and _foldable(a, b):
        return const(_computed(evaluate, a, b), a.dtype)
    return kind(a, b, a.dtype)


def _computed(evaluate: Any, a: e.Const, b: e.Const) -> Any:
    """Compute in the precision of kernels, in which floats of 16 bits are float32."""
    if not a.dtype.is_float or a.dtype.bits == 64:
        return evaluate(a.value, b.value)
    with np.errstate(all="ignore"):
        return float(evaluate(np.float32(a.value), np.float32(b.value)))


def _fold_integers(kind: type[e.Binary], a: e.Expr, b: e.Expr, evaluate: Any) -> e.Expr:
    # Python's // and % of floats differ in the last place from those done in float32.
    return kind(a, b, a.dtype) if a.dtype.is_float else _fold(kind, a, b, evaluate)


def _foldable(a: e.Const, b: e.Const) -> bool:
    return not a.dtype.is_float or (math.isfinite(a.value) and math.isfinite(b.value))


def _compare(kind: type[e.Compare], a: Operand, b: Operand, evaluate: Any) -> e.Expr:
    a, b = match(a, b)
    if type(a) is e.Const and type(b) is e.Const:
        return const(bool(evaluate(a.value, b.value)))
    lanes = a.dtype.lanes
    return kind(a, b, BOOL if lanes == 1 else BOOL.with_lanes(lanes))


def _numeric(a: Operand, b: Operand, symbol: str) -> tuple[e.Expr, e.Expr]:
    a, b = match(a, b)
    if a.dtype.is_bool:
        raise ExpressionError(
            f"expected numbers for '{symbol}', got bools",
            hint="cast with .astype('int32') or use te.all and te.any",
        )
    return a, b


def _divided(a: Operand, b: Operand, symbol: str) -> tuple[e.Expr, e.Expr]:
    a, b = _numeric(a, b, symbol)
    if _is_const(b, 0) and not a.dtype.is_float:
        raise ExpressionError(f"expected a divisor that is not zero, got {a} {symbol} 0")
    return a, b


def _bits(a: Operand, b: Operand, symbol: str) -> tuple[e.Expr, e.Expr]:
    a, b = match(a, b)
    if a.dtype.is_float:
        raise ExpressionError(f"expected integers for '{symbol}', got {a.dtype}")
    return a, b


def _shifted(a: Operand, b: Operand, symbol: str) -> tuple[e.Expr, e.Expr]:
    a, b = _numeric(*_bits(a, b, symbol), symbol)
    if type(b) is e.Const and not 0 <= b.value < a.dtype.bits:
        raise ExpressionError(
            f"expected a shift of 0 to {a.dtype.bits - 1} for {a.dtype}, got {b.value}"
        )
    return a, b


def _bool(value: Operand) -> e.Expr:
    value = as_expr(value)
    if not value.dtype.is_bool:
        raise ExpressionError(
            f"expected a bool, got {value} of dtype {value.dtype}",
            hint="compare it with something, such as x > 0",
        )
    return value


def _logical(kind: type[e.Binary], operands: Sequence[Operand], neutral: bool) -> e.Expr:
    values = [_bool(operand) for operand in operands]
    lanes = max((value.dtype.lanes for value in values), default=1)
    result: e.Expr | None = None
    for value in (broadcast(value, lanes) for value in values):
        if _is_const(value, not neutral):
            return value
        if result is None or _is_const(result, neutral):
            result = value
        elif result is not value and not _is_const(value, neutral):
            result = kind(result, value, value.dtype)
    return const(neutral) if result is None else result
