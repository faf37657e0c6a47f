"""Functions of each element of a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autosched import te
from autosched.ir.build import as_expr
from autosched.ir.build import cast as cast_expr
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.tir.intrinsics import call_intrin
from autosched.tvm.topi.tag import ELEMWISE


def elementwise(x: Any, function: Callable[[Expr], Expr], name: str) -> Any:
    """Return the tensor of `function` of each element of `x`, or its value for an expression."""
    if not isinstance(x, Tensor):
        return function(x)
    return te.compute(x.shape, lambda *i: function(x(*i)), name=f"T_{name}", tag=ELEMWISE)


def _unary(name: str) -> Callable[[Any], Any]:
    def operator(x: Any) -> Any:
        return elementwise(x, lambda value: getattr(te, name)(_number(value)), name)

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = f"`te.{name}` of each element."
    return operator


def _number(value: Any) -> Any:
    """Return a truth value as 0.0 or 1.0, and other values as they are."""
    is_truth = isinstance(value, Expr) and value.dtype.is_bool
    return value.astype("float32") if is_truth else value


exp, log, log2, log10, sqrt, rsqrt = map(_unary, ("exp", "log", "log2", "log10", "sqrt", "rsqrt"))
sin, cos, tan, asin, acos, atan = map(_unary, ("sin", "cos", "tan", "asin", "acos", "atan"))
sinh, cosh, tanh = map(_unary, ("sinh", "cosh", "tanh"))
asinh, acosh, atanh = map(_unary, ("asinh", "acosh", "atanh"))
erf, sigmoid = map(_unary, ("erf", "sigmoid"))
floor, ceil, round, trunc, abs = map(_unary, ("floor", "ceil", "round", "trunc", "abs"))
isnan, isfinite, isinf = map(_unary, ("isnan", "isfinite", "isinf"))
fast_exp, fast_tanh, fast_erf = exp, tanh, erf


def identity(x: Any) -> Any:
    """The elements themselves."""
    return elementwise(x, lambda value: value, "identity")


def negative(x: Any) -> Any:
    """`-x`."""
    return elementwise(x, lambda value: -value, "negative")


def sign(x: Any) -> Any:
    """1 above 0, -1 below, and 0."""

    def of(value: Expr) -> Expr:
        zero, one = te.const(0, value.dtype), te.const(1, value.dtype)
        below = zero if value.dtype.kind == "uint" else te.const(-1, value.dtype)
        return te.if_then_else(value > zero, one, te.if_then_else(value < zero, below, zero))

    return elementwise(x, of, "sign")


def logical_not(data: Any) -> Any:
    """Whether an element is false."""
    return elementwise(data, lambda value: ~value, "logical_not")


def bitwise_not(data: Any) -> Any:
    """The bits of each integer inverted."""
    return elementwise(data, lambda value: ~value, "bitwise_not")


def clip(x: Any, a_min: float, a_max: float) -> Any:
    """Each element, but at least `a_min` and at most `a_max`."""
    return elementwise(x, lambda value: _clipped(value, a_min, a_max), "clip")


def _clipped(value: Expr, a_min: Any, a_max: Any) -> Expr:
    low, high = (cast_expr(as_expr(bound), value.dtype) for bound in (a_min, a_max))
    return te.clip(value, low, high)


def cast(x: Any, dtype: DType | str) -> Any:
    """The elements in another dtype."""
    return elementwise(x, lambda value: value.astype(as_dtype(dtype)), "cast")


def reinterpret(x: Any, dtype: DType | str) -> Any:
    """The bits of the elements as another dtype of as many bits."""
    return elementwise(x, lambda value: call_intrin(dtype, "tir.reinterpret", value), "reinterpret")


def ceil_log2(x: Any) -> Any:
    """The least integer whose power of 2 is not below an element, in its dtype."""
    return elementwise(x, _ceil_log2, "ceil_log2")


def _ceil_log2(value: Expr) -> Expr:
    if value.dtype.is_float:
        return te.ceil(te.log2(value))
    wide = value.astype("int64")
    return (64 - te.clz(te.maximum(wide - 1, 0))).astype(value.dtype)


def elemwise_sum(xs: Sequence[Tensor]) -> Tensor:
    """The sum of tensors of one shape."""

    def total(*i: Expr) -> Expr:
        value = xs[0](*i)
        for x in xs[1:]:
            value = value + x(*i)
        return value

    return te.compute(xs[0].shape, total, name="T_elemwise_sum", tag=ELEMWISE)


def full(shape: Sequence[Any], dtype: DType | str, fill_value: Any) -> Tensor:
    """A tensor of one value."""
    value = fill_value if isinstance(fill_value, Expr) else te.const(fill_value, dtype)
    return te.compute(tuple(shape), lambda *_: value.astype(as_dtype(dtype)), name="T_full")


def full_like(x: Tensor, fill_value: Any) -> Tensor:
    """A tensor of one value, of the shape and dtype of `x`."""
    return full(x.shape, x.dtype, fill_value)
