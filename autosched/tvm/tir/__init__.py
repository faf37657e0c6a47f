"""The part of `tvm.tir` that TE scripts use: functions of scalars, and the types of nodes."""

from __future__ import annotations

import math
from typing import Any

from autosched import te
from autosched.errors import name_not_offered
from autosched.ir import build
from autosched.ir.expr import Expr
from autosched.tvm.tir import ir_builder, nodes, stmt_functor
from autosched.tvm.tir import nodes as expr
from autosched.tvm.tir import nodes as stmt
from autosched.tvm.tir.buffers import call_extern, call_packed, decl_buffer
from autosched.tvm.tir.intrinsics import (
    CallEffectKind,
    call_intrin,
    call_llvm_intrin,
    call_llvm_pure_intrin,
    call_pure_extern,
    const,
)

_OF_TE = (
    "abs", "acos", "acosh", "all", "any", "asin", "asinh", "atan", "atan2", "atanh", "ceil",
    "clz", "comm_reducer", "copysign", "cos", "cosh", "div", "erf", "exp", "exp10", "exp2",
    "floor", "floordiv", "floormod", "fmod", "hypot", "if_then_else", "indexdiv", "indexmod",
    "isfinite", "isinf", "isnan", "ldexp", "log", "log10", "log1p", "log2", "max", "max_value",
    "min", "min_value", "nearbyint", "nextafter", "popcount", "power", "round", "rsqrt",
    "sigmoid", "sin", "sinh", "sqrt", "sum", "tan", "tanh", "trunc", "truncdiv", "truncmod",
)  # fmt: skip
"""The functions that are those of `te` with these names."""

__all__ = [
    "CallEffectKind", "add", "bitwise_and", "bitwise_not", "bitwise_or", "bitwise_xor", "ceildiv",
    "infinity", "likely", "multiply", "reinterpret", "shift_left", "shift_right", "subtract",
    "call_extern", "call_intrin", "call_llvm_intrin", "call_llvm_pure_intrin",
    "call_packed", "call_pure_extern", "const", "decl_buffer", "expr", "ir_builder", "nodes",
    "PrimFunc", "pow", "stmt", "stmt_functor", "vscale", *_OF_TE, *nodes.__all__,
]  # fmt: skip

pow = te.power
add, subtract, multiply, ceildiv = build.add, build.sub, build.mul, build.ceildiv
bitwise_and, bitwise_or, bitwise_xor = build.bitand, build.bitor, build.bitxor
shift_left, shift_right = build.shift_left, build.shift_right


def bitwise_not(x: Any) -> Expr:
    """Return the value with all bits changed."""
    return ~build.as_expr(x)


def likely(cond: Any, span: object = None) -> Expr:
    """Return the condition: whether it is likely has no effect."""
    return build.as_expr(cond)


def infinity(dtype: str, span: object = None) -> Expr:
    """Return the greatest value of a float dtype."""
    return const(math.inf, dtype)


def reinterpret(dtype: str, value: Any, span: object = None) -> Expr:
    """Return the bits of a value in another dtype."""
    return call_intrin(dtype, "tir.reinterpret", value)


def vscale() -> Expr:
    """Return the unknown number of units in a scalable vector; a schedule cannot split by it."""
    return te.var("vscale")


def __getattr__(name: str) -> Any:
    if name in nodes.__all__:
        return getattr(nodes, name)
    if name == "PrimFunc":
        from autosched.tvm.prim_func import PrimFunc

        return PrimFunc
    if name == "select":
        return nodes.Select
    if name == "if_then_else":
        from autosched.tvm import te as of_tvm

        return of_tvm.if_then_else
    if name in _OF_TE:
        return getattr(te, name)
    if name.startswith("__"):
        raise AttributeError(name)
    raise name_not_offered(f"tvm.tir.{name}")
