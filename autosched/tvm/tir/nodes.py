"""The types of TVM's nodes, for `isinstance`; some also make the node, as `IntImm("int32", 4)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.ir import expr as e
from autosched.ir import stmt as s
from autosched.ir.build import as_expr, cast, const, select
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.te.construct import var
from autosched.te.tensor import Axis, Reduce, Tensor, TensorRead


class _Kind(type):
    """The type of classes that stand for some of our nodes: `holds` tells which."""

    holds: Callable[[Any], bool]

    def __instancecheck__(cls, value: object) -> bool:
        return cls.holds(value)


class IntImm(metaclass=_Kind):
    """A constant of an integer or bool dtype."""

    def __new__(cls, dtype: DType | str, value: int) -> Any:
        return const(int(value), dtype)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Const) and not value.dtype.is_float


class FloatImm(metaclass=_Kind):
    """A constant of a float dtype."""

    def __new__(cls, dtype: DType | str, value: float) -> Any:
        return const(float(value), dtype)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Const) and value.dtype.is_float


class Cast(metaclass=_Kind):
    """The conversion of a value to a dtype."""

    def __new__(cls, dtype: DType | str, value: Any) -> Any:
        return cast(as_expr(value), as_dtype(dtype))

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Cast)


class Select(metaclass=_Kind):
    """The choice between two values."""

    def __new__(cls, condition: Any, true_value: Any, false_value: Any, span: Any = None) -> Any:
        return select(condition, true_value, false_value)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Select)


class SizeVar(metaclass=_Kind):
    """A symbolic size."""

    def __new__(cls, name: str, dtype: DType | str = "int64") -> Any:
        return var(name, dtype)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Var) and not isinstance(value, Axis)


PrimExpr, Var, IterVar, Add, Sub, Mul, Div = e.Expr, e.Var, Axis, e.Add, e.Sub, e.Mul, e.Div
FloorDiv, FloorMod, Min, Max, Call = e.FloorDiv, e.FloorMod, e.Min, e.Max, e.Call
EQ, NE, LT, LE, And, Or, Not = e.Eq, e.Ne, e.Lt, e.Le, e.And, e.Or, e.Not
Buffer, BufferLoad, ProducerLoad, DataProducer = e.Buffer, e.Load, TensorRead, Tensor
Ramp, Broadcast = e.Ramp, e.Broadcast
Stmt, For, IfThenElse, Allocate, SeqStmt = s.Stmt, s.For, s.If, s.Allocate, s.Block
BufferStore, PrimFunc = s.Store, s.Function

__all__ = [
    "EQ", "LE", "LT", "NE", "Add", "Allocate", "And", "Broadcast", "Buffer", "BufferLoad",
    "BufferStore", "Call", "Cast", "DataProducer", "Div", "FloatImm", "FloorDiv", "FloorMod", "For",
    "IfThenElse", "IntImm", "IterVar", "Max", "Min", "Mul", "Not", "Or", "PrimExpr", "PrimFunc",
    "ProducerLoad", "Ramp", "Reduce", "Select", "SeqStmt", "SizeVar", "Stmt", "Sub", "Var",
]  # fmt: skip
