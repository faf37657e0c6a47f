"""Activation functions, element by element."""

from __future__ import annotations

import math

import numpy as np

from autosched import te
from autosched.graph.operators.elementwise import Elementwise, unary
from autosched.graph.operators.operator import Array, operator, widened
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ir.intrinsics import INTRINSICS
from autosched.te.tensor import Tensor


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _softplus_of(x: Expr) -> Expr:
    return te.maximum(x, te.const(0.0, x.dtype)) + te.log1p(te.exp(-te.abs(x)))


def _relu_of(x: Expr) -> Expr:
    return te.maximum(x, te.const(0, x.dtype))


Relu = unary("relu", lambda x: np.maximum(x, x.dtype.type(0)), _relu_of)
Sigmoid = unary("sigmoid", _sigmoid, te.sigmoid)
Softplus = unary("softplus", _softplus, _softplus_of)
Softsign = unary("softsign", lambda x: x / (1 + np.abs(x)), lambda x: x / (1.0 + te.abs(x)))
Mish = unary("mish", lambda x: x * np.tanh(_softplus(x)), lambda x: x * te.tanh(_softplus_of(x)))


class Activation(Elementwise):
    """An operator of one float input that is computed at least as float32."""

    def curve(self, x: Array) -> Array:
        """The function on an array of float32 or float64."""
        raise NotImplementedError

    def evaluate(self, x: Array) -> Array:
        with np.errstate(all="ignore"):
            wide = widened(x)
            return np.asarray(self.curve(wide)).astype(x.dtype)

    def define(self, *inputs: Tensor | None) -> Tensor:
        (x,) = inputs
        if x is None or x.dtype.bytes > 2 or not x.dtype.is_float:
            return super().define(*inputs)
        return te.compute(
            x.shape,
            lambda *i: self.scalar(x(*i).astype("float32")).astype(x.dtype),
            name=self.name,
        )


@operator("leaky_relu")
class LeakyRelu(Activation):
    """`x`, times `alpha` where it is negative."""

    alpha: float = 0.01

    def scalar(self, x: Expr) -> Expr:
        return te.if_then_else(x < 0, x * self.alpha, x)

    def curve(self, x: Array) -> Array:
        return np.where(x < 0, x * x.dtype.type(self.alpha), x)


@operator("prelu")
class PRelu(Elementwise):
    """`x`, times `slope` where it is negative."""

    def scalar(self, x: Expr, slope: Expr) -> Expr:
        return te.if_then_else(x < 0, x * slope, x)

    def evaluate(self, x: Array, slope: Array) -> Array:
        return np.where(x < 0, x * slope, x)


@operator("elu")
class Elu(Activation):
    """`x`, or `alpha * (exp(x) - 1)` where it is negative (Clevert et al., 2016)."""

    alpha: float = 1.0

    def scalar(self, x: Expr) -> Expr:
        return te.if_then_else(x < 0, (te.exp(x) - 1.0) * self.alpha, x)

    def curve(self, x: Array) -> Array:
        return np.where(x < 0, np.expm1(x) * x.dtype.type(self.alpha), x)


@operator("celu")
class Celu(Activation):
    """`x`, or `alpha * (exp(x / alpha) - 1)` where it is negative."""

    alpha: float = 1.0

    def scalar(self, x: Expr) -> Expr:
        return te.if_then_else(x < 0, (te.exp(x / self.alpha) - 1.0) * self.alpha, x)

    def curve(self, x: Array) -> Array:
        alpha = x.dtype.type(self.alpha)
        return np.where(x < 0, np.expm1(x / alpha) * alpha, x)


@operator("selu")
class Selu(Activation):
    """`gamma * x`, or `gamma * alpha * (exp(x) - 1)` below zero (Klambauer et al., 2017)."""

    alpha: float = 1.6732632423543772
    gamma: float = 1.0507009873554805

    def scalar(self, x: Expr) -> Expr:
        return te.if_then_else(x <= 0, (te.exp(x) - 1.0) * self.alpha, x) * self.gamma

    def curve(self, x: Array) -> Array:
        alpha, gamma = x.dtype.type(self.alpha), x.dtype.type(self.gamma)
        return np.where(x <= 0, np.expm1(x) * alpha, x) * gamma


@operator("gelu")
class Gelu(Activation):
    """`x * Phi(x)` with the normal distribution's Phi, exact or by tanh (Hendrycks, 2016)."""

    approximate: bool = False

    def scalar(self, x: Expr) -> Expr:
        if not self.approximate:
            return x * 0.5 * (te.erf(x * math.sqrt(0.5)) + 1.0)
        inner = (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)
        return x * 0.5 * (te.tanh(inner) + 1.0)

    def curve(self, x: Array) -> Array:
        if not self.approximate:
            return x * 0.5 * (1 + INTRINSICS["erf"].meaning(x * math.sqrt(0.5)))
        return x * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@operator("silu")
class Silu(Activation):
    """`x * sigmoid(alpha * x)`, also called swish."""

    alpha: float = 1.0

    def scalar(self, x: Expr) -> Expr:
        return x / (te.exp(x * -self.alpha) + 1.0)

    def curve(self, x: Array) -> Array:
        return x * _sigmoid(x * x.dtype.type(self.alpha))


@operator("hard_sigmoid")
class HardSigmoid(Activation):
    """`alpha * x + beta`, kept between 0 and 1."""

    alpha: float = 0.2
    beta: float = 0.5

    def scalar(self, x: Expr) -> Expr:
        return te.minimum(
            te.maximum(x * self.alpha + self.beta, _of(0.0, x.dtype)), _of(1.0, x.dtype)
        )

    def curve(self, x: Array) -> Array:
        return np.clip(x * x.dtype.type(self.alpha) + x.dtype.type(self.beta), 0, 1)


@operator("hard_swish")
class HardSwish(Activation):
    """`x * (x / 6 + 1 / 2, kept between 0 and 1)` (Howard et al., 2019)."""

    def scalar(self, x: Expr) -> Expr:
        gate = te.minimum(te.maximum(x * (1 / 6) + 0.5, _of(0.0, x.dtype)), _of(1.0, x.dtype))
        return x * gate

    def curve(self, x: Array) -> Array:
        return x * np.clip(x * x.dtype.type(1 / 6) + x.dtype.type(0.5), 0, 1)


@operator("thresholded_relu")
class ThresholdedRelu(Activation):
    """`x` above `alpha`, else 0."""

    alpha: float = 1.0

    def scalar(self, x: Expr) -> Expr:
        return te.if_then_else(x > self.alpha, x, _of(0.0, x.dtype))

    def curve(self, x: Array) -> Array:
        return np.where(x > x.dtype.type(self.alpha), x, x.dtype.type(0))


@operator("shrink")
class Shrink(Activation):
    """`x + bias` below `-threshold`, `x - bias` above `threshold`, else 0."""

    bias: float = 0.0
    threshold: float = 0.5

    def scalar(self, x: Expr) -> Expr:
        bias, limit, zero = (_of(v, x.dtype) for v in (self.bias, self.threshold, 0.0))
        return te.if_then_else(x < -limit, x + bias, te.if_then_else(x > limit, x - bias, zero))

    def curve(self, x: Array) -> Array:
        limit, bias = self.threshold, x.dtype.type(self.bias)
        return np.where(x < -limit, x + bias, np.where(x > limit, x - bias, x.dtype.type(0)))


def _of(value: float, dtype: DType) -> Expr:
    return te.const(value if dtype.is_float else int(value), dtype)
