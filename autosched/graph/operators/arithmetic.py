"""Arithmetic, functions of numbers, comparisons and logic, element by element."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import Elementwise, Formula, binary, unary
from autosched.graph.operators.operator import Array, Kind, Operator, Undefined, operator
from autosched.graph.types import TensorType
from autosched.ir.dtype import BOOL, DType, dtype
from autosched.ir.expr import Expr
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.rounding import truncated
from autosched.te.tensor import Tensor


def _quotient(a: Array, b: Array) -> Array:
    """Of integers rounded towards zero, and 0 by 0."""
    if a.dtype.kind == "f":
        return np.divide(a, b)
    safe = np.where(b == 0, b.dtype.type(1), b)
    floored = np.floor_divide(a, safe)
    inexact = (np.remainder(a, safe) != 0) & ((a < 0) != (safe < 0))
    return np.where(b == 0, 0, floored + inexact)


def _of_integers(formula: Formula) -> Formula:
    """A remainder; that of floats is exact, which no formula of te is."""

    def remainder(a: Expr, b: Expr) -> Expr:
        if a.dtype.is_float:
            raise Undefined("expected integers for a remainder that te can say, got floats")
        return formula(a, b)

    return remainder


def _sign(x: Expr) -> Expr:
    zero, one = te.const(0, x.dtype), te.const(1, x.dtype)
    if x.dtype.kind == "uint":
        return te.if_then_else(x > zero, one, zero)
    found = te.if_then_else(x > zero, one, te.if_then_else(x < zero, zero - one, zero))
    return te.if_then_else(te.isnan(x), x, found) if x.dtype.is_float else found


def _shift(shift: np.ufunc) -> Formula:
    def shifted(a: Array, b: Array) -> Array:
        bits = a.dtype.itemsize * 8
        beyond = 0 if shift is np.left_shift else np.where(a < 0, -1, 0)
        return np.where((b >= 0) & (b < bits), shift(a, b % a.dtype.type(bits)), beyond)

    return shifted


Abs = unary("abs", np.abs, te.abs)
Neg = unary("neg", np.negative, lambda x: -x)
Sign = unary("sign", np.sign, _sign)
Ceil = unary("ceil", np.ceil, te.ceil)
Floor = unary("floor", np.floor, te.floor)
Round = unary("round", np.rint, te.round)
Sqrt = unary("sqrt", np.sqrt, te.sqrt)
Rsqrt = unary("rsqrt", lambda x: np.reciprocal(np.sqrt(x)), te.rsqrt)
Reciprocal = unary("reciprocal", np.reciprocal, lambda x: 1.0 / x)
Exp = unary("exp", np.exp, te.exp)
Expm1 = unary("expm1", np.expm1, lambda x: te.tanh(x * 0.5) * (te.exp(x) + 1.0))
Log = unary("log", np.log, te.log)
Log1p = unary("log1p", np.log1p, te.log1p)
Sin = unary("sin", np.sin, te.sin)
Cos = unary("cos", np.cos, te.cos)
Tan = unary("tan", np.tan, te.tan)
Asin = unary("asin", np.arcsin, te.asin)
Acos = unary("acos", np.arccos, te.acos)
Atan = unary("atan", np.arctan, te.atan)
Sinh = unary("sinh", np.sinh, te.sinh)
Cosh = unary("cosh", np.cosh, te.cosh)
Tanh = unary("tanh", np.tanh, te.tanh)
Asinh = unary("asinh", np.arcsinh, te.asinh)
Acosh = unary("acosh", np.arccosh, te.acosh)
Atanh = unary("atanh", np.arctanh, te.atanh)
Erf = unary("erf", INTRINSICS["erf"].meaning, te.erf)
IsNan = unary("isnan", np.isnan, te.isnan, truth=True)
Not = unary("not", np.logical_not, lambda x: ~x, truth=True)
BitNot = unary("bitwise_not", np.invert, lambda x: ~x)

Add = binary("add", np.add, lambda a, b: a + b)
Sub = binary("sub", np.subtract, lambda a, b: a - b)
Mul = binary("mul", np.multiply, lambda a, b: a * b)
Div = binary("div", _quotient, lambda a, b: a / b if a.dtype.is_float else te.truncdiv(a, b))
Atan2 = binary("atan2", np.arctan2, te.atan2)
Mod = binary("mod", np.mod, _of_integers(te.floormod))
Fmod = binary("fmod", np.fmod, _of_integers(te.truncmod))
Maximum = binary("maximum", np.maximum, te.maximum)
Minimum = binary("minimum", np.minimum, te.minimum)
BitAnd = binary("bitwise_and", np.bitwise_and, lambda a, b: a & b)
BitOr = binary("bitwise_or", np.bitwise_or, lambda a, b: a | b)
BitXor = binary("bitwise_xor", np.bitwise_xor, lambda a, b: a ^ b)
ShiftLeft = binary("shift_left", _shift(np.left_shift), lambda a, b: a << b)
ShiftRight = binary("shift_right", _shift(np.right_shift), lambda a, b: a >> b)

Equal = binary("equal", np.equal, lambda a, b: a == b, truth=True)
Less = binary("less", np.less, lambda a, b: a < b, truth=True)
LessEqual = binary("less_equal", np.less_equal, lambda a, b: a <= b, truth=True)
And = binary("and", np.logical_and, te.all, truth=True)
Or = binary("or", np.logical_or, te.any, truth=True)
Xor = binary("xor", np.logical_xor, lambda a, b: a != b, truth=True)


@operator("pow")
class Pow(Elementwise):
    """`x ** y` in the dtype of `x`."""

    def result(self, *dtypes: DType) -> DType:
        return dtypes[0]

    def scalar(self, x: Expr, y: Expr) -> Expr:
        if x.dtype.is_float:
            return te.power(x, y.astype(x.dtype))
        return te.power(x.astype("float64"), y.astype("float64")).astype(x.dtype)

    def evaluate(self, x: Array, y: Array) -> Array:
        with np.errstate(all="ignore"):
            if x.dtype.kind == "f":
                return np.power(x, y.astype(np.result_type(x, y)).astype(x.dtype))
            return np.power(x.astype(float), y.astype(float)).astype(x.dtype)


@operator("is_inf")
class IsInf(Elementwise):
    """Whether the element is infinite, of a sign that counts."""

    negative: bool = True
    positive: bool = True

    def result(self, *dtypes: DType) -> DType:
        return BOOL

    def scalar(self, x: Expr) -> Expr:
        high = te.const(float("inf"), x.dtype)
        found = [x == high] * self.positive + [x == -high] * self.negative
        return te.any(*found) if found else te.const(False)

    def evaluate(self, x: Array) -> Array:
        return (np.isposinf(x) & self.positive) | (np.isneginf(x) & self.negative)


@operator("where")
class Where(Elementwise):
    """`then` where `condition` holds, else `otherwise`."""

    def result(self, *dtypes: DType) -> DType:
        return super().result(*dtypes[1:])

    def scalar(self, condition: Expr, then: Expr, otherwise: Expr) -> Expr:
        return te.if_then_else(condition, then, otherwise)

    def evaluate(self, condition: Array, then: Array, otherwise: Array) -> Array:
        return np.where(condition, then, otherwise)


@operator("clip")
class Clip(Elementwise):
    """`x` kept between `low` and `high`, of which each may be left out."""

    def scalar(self, x: Expr, low: Expr | None = None, high: Expr | None = None) -> Expr:
        x = x if low is None else te.maximum(x, low)
        return x if high is None else te.minimum(x, high)

    def evaluate(self, x: Array, low: Array | None = None, high: Array | None = None) -> Array:
        x = x if low is None else np.maximum(x, low)
        return np.asarray(x if high is None else np.minimum(x, high))


@operator("cast")
class Cast(Elementwise):
    """The elements as another dtype: once rounded to a float, truncated to an integer."""

    to: DType = dtype("float32")

    def result(self, *dtypes: DType) -> DType:
        return self.to

    def scalar(self, x: Expr) -> Expr:
        return x.astype(self.to)

    def evaluate(self, x: Array) -> Array:
        if self.to.is_integer and x.dtype.kind == "f":
            return truncated(x, self.to)
        with np.errstate(all="ignore"):
            return x.astype(np.float32 if self.to.kind == "bfloat" else self.to.numpy)


@operator("cast_like")
class CastLike(Operator):
    """The elements of `x` as the dtype of `like`."""

    kind: ClassVar[Kind] = "elementwise"

    def infer(self, x: TensorType, like: TensorType) -> TensorType:
        return x.with_dtype(like.dtype)

    def define(self, x: Tensor, like: Tensor) -> Tensor:
        return te.compute(x.shape, lambda *i: x(*i).astype(like.dtype), name=self.name)

    def evaluate(self, x: Array, like: Array) -> Array:
        return Cast(dtype(like.dtype)).evaluate(x)


@operator("bit_cast")
class BitCast(Operator):
    """The bytes of the elements as a dtype of the same width; a bool has one."""

    to: DType = dtype("float32")

    def infer(self, x: TensorType) -> TensorType:
        if x.dtype.bytes != self.to.bytes:
            raise GraphError(f"expected a dtype of {x.dtype.bytes} bytes for {x}, got {self.to}")
        return x.with_dtype(self.to)

    def evaluate(self, x: Array) -> Array:
        return x.view(self.to.numpy)
