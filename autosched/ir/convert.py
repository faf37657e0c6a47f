"""Makes expressions of Python values, and converts operands to one dtype.

A Python number takes the dtype of the other operand if that can hold it; of two expressions
the wider dtype wins, a float over an integer.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir import expr as e
from autosched.ir.dtype import BOOL, FLOAT32, INDEX, DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.rounding import rounded, truncated

Operand = Any


def const(value: int | float | bool, dtype: DType | str | None = None) -> e.Const:
    """Return a constant, wrapped or rounded to its dtype (index for ints, float32 for floats)."""
    if dtype is None:
        if isinstance(value, (bool, np.bool_)):
            return e.Const(bool(value), BOOL)
        if isinstance(value, (int, np.integer)):
            return e.Const(int(value), INDEX)
        return e.Const(rounded(value, FLOAT32), FLOAT32)
    kind = as_dtype(dtype)
    if kind.is_bool:
        return e.Const(bool(value), kind)
    if kind.is_integer:
        return e.Const(wrap(int(value), kind), kind)
    return e.Const(rounded(value, kind), kind)


def wrap(value: int, dtype: DType) -> int:
    """Wrap an integer into the range of an integer dtype."""
    value &= (1 << dtype.bits) - 1
    if dtype.kind == "int" and value >> (dtype.bits - 1):
        value -= 1 << dtype.bits
    return value


def as_expr(value: Operand, like: DType | None = None) -> e.Expr:
    """Return `value` as an expression; a number takes the dtype `like` if that can hold it."""
    if isinstance(value, e.Expr):
        return value
    if type(value) is int and like in (None, INDEX):
        return e.Const(value, INDEX)
    if isinstance(value, (bool, np.bool_)):
        return const(bool(value), like if like is not None and like.is_bool else None)
    if isinstance(value, numbers.Integral):
        return const(int(value), like.scalar if like is not None and _holds(like, value) else None)
    if isinstance(value, numbers.Real):
        return const(float(value), like.scalar if like is not None and like.is_float else None)
    convert = getattr(value, "as_expr", None)
    if convert is not None:
        return convert()
    raise ExpressionError(
        f"expected an expression or a number, got {value!r} of type {type(value).__name__}"
    )


def _holds(dtype: DType, value: Any) -> bool:
    return dtype.is_float or (dtype.is_integer and dtype.min_value <= value <= dtype.max_value)


def promote(a: DType, b: DType) -> DType:
    """Return the scalar dtype to which operands of dtypes `a` and `b` are converted."""
    if a is b:
        return a
    a, b = a.scalar, b.scalar
    if a is b:
        return a
    if a.is_float != b.is_float:
        return a if a.is_float else b
    if a.is_float:
        return (a if a.bits > b.bits else b) if a.bits != b.bits else FLOAT32
    return as_dtype(np.promote_types(a.numpy, b.numpy)) if not _u64_mix(a, b) else INDEX


def _u64_mix(a: DType, b: DType) -> bool:
    return {a.kind, b.kind} == {"int", "uint"} and max(a.bits, b.bits) == 64


def match(a: Operand, b: Operand) -> tuple[e.Expr, e.Expr]:
    """Convert both operands to expressions of one dtype and the same number of lanes."""
    if not isinstance(a, e.Expr):
        a = _number(a, getattr(b, "dtype", None))
    if not isinstance(b, e.Expr):
        b = _number(b, a.dtype)
    if a.dtype is b.dtype:
        return a, b
    scalar = promote(a.dtype, b.dtype)
    a, b = cast(a, scalar), cast(b, scalar)
    lanes = max(a.dtype.lanes, b.dtype.lanes)
    return broadcast(a, lanes), broadcast(b, lanes)


def _number(value: Operand, like: DType | None) -> e.Expr:
    expr = as_expr(value, like)
    if type(expr) is e.Const and expr.dtype is INDEX and not _holds(INDEX, expr.value):
        raise ExpressionError(
            f"expected an integer that {like or INDEX} or {INDEX} can hold, got {value}",
            hint="te.const(value, dtype) makes one of another dtype",
        )
    return expr


def broadcast(value: e.Expr, lanes: int) -> e.Expr:
    """Repeat `value` in `lanes` lanes; return it if it has them already."""
    if value.dtype.lanes == lanes:
        return value
    if value.dtype.lanes != 1:
        raise ExpressionError(f"expected a scalar or {lanes} lanes, got {value} of {value.dtype}")
    return e.Broadcast(value, value.dtype.with_lanes(lanes))


def cast(value: Operand, dtype: DType | str) -> e.Expr:
    """Convert `value` to the scalar type of `dtype`, lane by lane."""
    value = as_expr(value)
    wanted = as_dtype(dtype).with_lanes(value.dtype.lanes)
    if value.dtype is wanted:
        return value
    if type(value) is e.Broadcast:
        return broadcast(cast(value.value, wanted.scalar), wanted.lanes)
    if type(value) is not e.Const:
        return e.Cast(value, wanted)
    if value.dtype.is_float and wanted.is_integer:
        return const(int(truncated(np.asarray(value.value), wanted)), wanted)
    return const(value.value, wanted)
