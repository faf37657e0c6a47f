"""Activations."""

from __future__ import annotations

from autosched import te
from autosched.ops import elementwise as ops
from autosched.te.tensor import Tensor
from autosched.tvm.topi.math import elementwise
from autosched.tvm.topi.utils import normalized


def relu(x: Tensor) -> Tensor:
    """`max(x, 0)`."""
    return ops.relu(x, "T_relu")


def leaky_relu(x: Tensor, alpha: float) -> Tensor:
    """`x` above 0, `alpha * x` below."""
    result: Tensor = elementwise(
        x, lambda v: te.if_then_else(v > 0, v, v * te.const(alpha, v.dtype)), "leaky_relu"
    )
    return result


def prelu(x: Tensor, slope: Tensor, axis: int = 1) -> Tensor:
    """`x` above 0, `slope * x` below, with a slope for each place along `axis`."""
    at = normalized(axis, x.ndim, "prelu")
    return te.compute(
        x.shape, lambda *i: te.if_then_else(x(*i) > 0, x(*i), x(*i) * slope(i[at])), name="T_prelu"
    )
