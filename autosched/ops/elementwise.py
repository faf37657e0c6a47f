"""Elementwise operators on tensors of any rank."""

from __future__ import annotations

import math
from collections.abc import Callable

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import check_extent, check_float, check_number, check_same_dtype
from autosched.te.tensor import Tensor


def relu(x: Tensor, name: str = "relu") -> Tensor:
    """`max(x, 0)`."""
    check_number(x, name)
    return te.compute(x.shape, lambda *i: te.maximum(x(*i), te.const(0, x.dtype)), name=name)


def gelu(x: Tensor, name: str = "gelu") -> Tensor:
    """`x * Phi(x)` with the distribution function Phi of the normal distribution, by erf.

    Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """
    return _unary(x, lambda value: value * 0.5 * (te.erf(value * math.sqrt(0.5)) + 1.0), name)


def sigmoid(x: Tensor, name: str = "sigmoid") -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return _unary(x, te.sigmoid, name)


def tanh(x: Tensor, name: str = "tanh") -> Tensor:
    """Return the hyperbolic tangent."""
    return _unary(x, te.tanh, name)


def exp(x: Tensor, name: str = "exp") -> Tensor:
    """Return the exponential function."""
    return _unary(x, te.exp, name)


def add(a: Tensor, b: Tensor, name: str = "add") -> Tensor:
    """`a + b`, for tensors of the same shape and dtype."""
    return _binary(a, b, lambda x, y: x + y, name)


def mul(a: Tensor, b: Tensor, name: str = "mul") -> Tensor:
    """`a * b`, for tensors of the same shape and dtype."""
    return _binary(a, b, lambda x, y: x * y, name)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "relu": relu,
    "gelu": gelu,
    "tanh": tanh,
    "sigmoid": sigmoid,
}


def activated(x: Tensor, activation: str) -> Tensor:
    """Return the activation with this name of `x`; `none` returns `x` itself."""
    if activation not in ACTIVATIONS:
        raise ExpressionError(
            f"expected one of {', '.join(ACTIVATIONS)} as activation, got {activation!r}"
        )
    return ACTIVATIONS[activation](x)


def _unary(x: Tensor, function: Callable[[Expr], Expr], name: str) -> Tensor:
    check_float(x, name)
    return te.compute(x.shape, lambda *i: function(x(*i)), name=name)


def _binary(a: Tensor, b: Tensor, function: Callable[[Expr, Expr], Expr], name: str) -> Tensor:
    check_number(a, name)
    check_same_dtype(name, a, b)
    if a.ndim != b.ndim:
        raise ExpressionError(
            f"expected {b.name} of {name} to have {a.ndim} dimensions, got {b.ndim}"
        )
    for place, (wanted, found) in enumerate(zip(a.shape, b.shape, strict=True)):
        check_extent(found, wanted, name, f"dimension {place} of {b.name}")
    return te.compute(a.shape, lambda *i: function(a(*i), b(*i)), name=name)
