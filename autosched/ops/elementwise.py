"""Elementwise operators on tensors of any rank."""

from __future__ import annotations

import math
from collections.abc import Callable

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import check_extent, check_float, check_number, check_same_dtype
from autosched.ops.halves import wide_dtype
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


def gelu_tanh(x: Tensor, name: str = "gelu_tanh") -> Tensor:
    """`x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`, near `gelu` to 5e-4."""

    def approximated(value: Expr) -> Expr:
        inner = value * (value * value * 0.044715 + 1.0) * math.sqrt(2 / math.pi)
        return value * 0.5 * (te.tanh(inner) + 1.0)

    return _unary(x, approximated, name)


def silu(x: Tensor, name: str = "silu") -> Tensor:
    """`x * sigmoid(x)`, also called swish."""
    return _unary(x, lambda value: value * te.sigmoid(value), name)


def mish(x: Tensor, name: str = "mish") -> Tensor:
    """`x * tanh(log(1 + exp(x)))` (Misra, 2019), in a form that does not overflow.

    With `e = exp(-|x|)` the factor is `(1 + 2 e) / (1 + 2 e + 2 e^2)` for `x` of 0 or more and
    `(e^2 + 2 e) / (e^2 + 2 e + 2)` below.
    """

    def formula(value: Expr) -> Expr:
        e = te.exp(-te.abs(value))
        above = (e * 2.0 + 1.0) / (e * (e + 1.0) * 2.0 + 1.0)
        square = e * (e + 2.0)
        return value * te.if_then_else(value >= 0.0, above, square / (square + 2.0))

    return _unary(x, formula, name)


def hard_swish(x: Tensor, name: str = "hard_swish") -> Tensor:
    """`x * min(max(x / 6 + 1 / 2, 0), 1)` (Howard et al., "Searching for MobileNetV3", 2019)."""
    return _unary(x, lambda value: value * te.clip(value * (1 / 6) + 0.5, 0.0, 1.0), name)


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
    "gelu_tanh": gelu_tanh,
    "tanh": tanh,
    "sigmoid": sigmoid,
    "silu": silu,
    "mish": mish,
    "hard_swish": hard_swish,
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
    wide = wide_dtype(x.dtype)
    return te.compute(x.shape, lambda *i: function(x(*i).astype(wide)).astype(x.dtype), name=name)


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
