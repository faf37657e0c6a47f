"""The types of TVM's nodes, for `isinstance`; some also make the node, as `IntImm("int32", 4)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.ir import build as b
from autosched.ir import expr as e
from autosched.ir import stmt as s
from autosched.ir.build import const
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.te.axis import Axis
from autosched.te.construct import var
from autosched.te.tensor import Reduce, Tensor, TensorRead


class Kind(type):
    """The type of classes that stand for some of our nodes: `holds` tells which."""

    holds: Callable[[Any], bool]

    def __instancecheck__(cls, value: object) -> bool:
        return cls.holds(value)


class IntImm(metaclass=Kind):
    """A constant of an integer or bool dtype."""

    def __new__(cls, dtype: DType | str, value: int) -> Any:
        return const(int(value), dtype)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Const) and not value.dtype.is_float


class Evaluate(metaclass=Kind):
    """A call whose value is not used: of a function outside, or of a tensor intrinsic."""

    def __new__(cls, value: s.Stmt) -> Any:
        return value

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, s.CallExternal | s.IntrinsicCall)


class FloatImm(metaclass=Kind):
    """A constant of a float dtype."""

    def __new__(cls, dtype: DType | str, value: float) -> Any:
        return const(float(value), dtype)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Const) and value.dtype.is_float


class Cast(metaclass=Kind):
    """The conversion of a value to a dtype."""

    def __new__(cls, dtype: DType | str, value: Any) -> Any:
        return b.cast(b.as_expr(value), as_dtype(dtype))

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Cast)


class Select(metaclass=Kind):
    """The choice between two values."""

    def __new__(cls, condition: Any, true_value: Any, false_value: Any, span: Any = None) -> Any:
        return b.select(condition, true_value, false_value)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Select)


class Var(metaclass=Kind):
    """A symbolic size, or of a float dtype a number that is passed at the call."""

    def __new__(cls, name: str, dtype: DType | str = "int32", span: Any = None) -> Any:
        return var(name, dtype)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Var)


class SizeVar(metaclass=Kind):
    """A symbolic size."""

    def __new__(cls, name: str, dtype: DType | str = "int64") -> Any:
        return var(name, dtype)

    @staticmethod
    def holds(value: Any) -> bool:
        return isinstance(value, e.Var) and not isinstance(value, Axis)


def _operation(node: type[e.Expr], make: Callable[..., e.Expr]) -> Kind:
    """Return the type of an operation, which makes it of its operands."""

    def new(cls: Kind, *operands: Any, span: Any = None) -> e.Expr:
        return make(*operands)

    def holds(value: Any) -> bool:
        return isinstance(value, node)

    return Kind(node.__name__, (), {"__new__": new, "holds": staticmethod(holds)})


PrimExpr, IterVar, Call, Div = e.Expr, Axis, e.Call, e.Div
Add, Sub, Mul = _operation(e.Add, b.add), _operation(e.Sub, b.sub), _operation(e.Mul, b.mul)
FloorDiv, FloorMod = _operation(e.FloorDiv, b.floordiv), _operation(e.FloorMod, b.floormod)
Min, Max = _operation(e.Min, b.minimum), _operation(e.Max, b.maximum)
EQ, NE = _operation(e.Eq, b.eq), _operation(e.Ne, b.ne)
LT, LE = _operation(e.Lt, b.lt), _operation(e.Le, b.le)
GT = _operation(e.Lt, lambda a, c: b.lt(c, a))
GE = _operation(e.Le, lambda a, c: b.le(c, a))
And, Or, Not = _operation(e.And, b.and_), _operation(e.Or, b.or_), _operation(e.Not, b.not_)
Buffer, BufferLoad, ProducerLoad, DataProducer = e.Buffer, e.Load, TensorRead, Tensor
Ramp, Broadcast = e.Ramp, e.Broadcast
Stmt, For, IfThenElse, Allocate, SeqStmt = s.Stmt, s.For, s.If, s.Allocate, s.Block
BufferStore, ForKind = s.Store, s.LoopKind

__all__ = [
    "EQ",
    "GE",
    "GT",
    "LE",
    "LT",
    "NE",
    "Add",
    "Allocate",
    "And",
    "Broadcast",
    "Buffer",
    "BufferLoad",
    "BufferStore",
    "Call",
    "Cast",
    "DataProducer",
    "Div",
    "Evaluate",
    "FloatImm",
    "FloorDiv",
    "FloorMod",
    "For",
    "ForKind",
    "IfThenElse",
    "IntImm",
    "IterVar",
    "Max",
    "Min",
    "Mul",
    "Not",
    "Or",
    "PrimExpr",
    "ProducerLoad",
    "Ramp",
    "Reduce",
    "Select",
    "SeqStmt",
    "SizeVar",
    "Stmt",
    "Sub",
    "Var",
    "const",
]  # fmt: skip
