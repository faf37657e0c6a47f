"""Elementwise operators on int8, computed in int32."""

from __future__ import annotations

from autosched import te
from autosched.ops.checks import check_dtype
from autosched.ops.elementwise import add, mul
from autosched.ops.requantize import requantize
from autosched.te.tensor import Tensor


def add_int8(a: Tensor, b: Tensor, shift: int = 0, relu: bool = False, name: str = "add") -> Tensor:
    """`clip((a + b) >> shift, -128, 127)` of int8; with `relu` the lower bound is 0."""
    return requantize(add(widened(a, name), widened(b, name), name), None, shift, relu)


def multiply_int8(
    a: Tensor, b: Tensor, shift: int = 0, relu: bool = False, name: str = "multiply"
) -> Tensor:
    """`clip((a * b) >> shift, -128, 127)` of int8; with `relu` the lower bound is 0."""
    return requantize(mul(widened(a, name), widened(b, name), name), None, shift, relu)


def relu_int8(x: Tensor, name: str = "relu") -> Tensor:
    """`max(x, 0)` of int8."""
    check_dtype(name, "int8", x)
    return te.compute(x.shape, lambda *i: te.maximum(x(*i), te.const(0, x.dtype)), name=name)


def widened(x: Tensor, operator: str) -> Tensor:
    """Return a stage that converts an int8 tensor to int32."""
    check_dtype(operator, "int8", x)
    return te.compute(x.shape, lambda *i: x(*i).astype("int32"), name=f"{x.name}_int32")
