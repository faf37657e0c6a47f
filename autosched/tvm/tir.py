"""The part of `tvm.tir` that TE scripts use: functions of scalars, constants and casts."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.errors import not_offered
from autosched.ir.build import as_expr, cast, const
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr, Operand, Var
from autosched.te.construct import var

_OF_TE = (
    "abs", "all", "any", "ceil", "comm_reducer", "cos", "div", "erf", "exp", "exp2", "floor",
    "floordiv", "floormod", "if_then_else", "indexdiv", "indexmod", "isnan", "log", "log1p", "log2",
    "max", "max_value", "min", "min_value", "popcount", "power", "round", "rsqrt", "sigmoid", "sin",
    "sqrt", "sum", "tanh", "truncdiv", "truncmod",
)  # fmt: skip
"""The functions that are those of `te` with these names."""

__all__ = ["Cast", "FloatImm", "IntImm", "Select", "SizeVar", "Var", "const", "pow", *_OF_TE]

pow = te.power
Select = te.if_then_else


def Cast(dtype: DType | str, value: Operand) -> Expr:
    """Return `value` converted to a dtype."""
    return cast(as_expr(value), as_dtype(dtype))


def IntImm(dtype: DType | str, value: int) -> Expr:
    """Return a constant of an integer dtype."""
    return const(int(value), dtype)


def FloatImm(dtype: DType | str, value: float) -> Expr:
    """Return a constant of a float dtype."""
    return const(float(value), dtype)


def SizeVar(name: str, dtype: DType | str = "int64") -> Var:
    """Return a symbolic size."""
    return var(name, dtype)


def __getattr__(name: str) -> Any:
    if name in _OF_TE:
        return getattr(te, name)
    if name.startswith("__"):
        raise AttributeError(name)
    raise not_offered(f"tvm.tir.{name}")
