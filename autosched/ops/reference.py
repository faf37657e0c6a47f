"""The operators in NumPy, independent of `te`, as users of NumPy would write them.

The positional arguments are the workload's inputs; parameters are keyword arguments. bfloat16
is not supported, since NumPy has no such dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Array = np.ndarray


def matmul(
    a: Array, b: Array, *,
    transpose_a: bool = False, transpose_b: bool = False, out_dtype: str = "",
) -> Array:  # fmt: skip
    a = a.swapaxes(-1, -2) if transpose_a else a
    b = b.swapaxes(-1, -2) if transpose_b else b
    kind = np.dtype(out_dtype or a.dtype)
    if a.dtype == np.float16:
        return (a.astype(np.float32) @ b.astype(np.float32)).astype(kind)
    return a.astype(kind, copy=False) @ b.astype(kind, copy=False)


def dense(
    x: Array, weight: Array, bias: Array | None = None, *,
    activation: str = "none", out_dtype: str = "",
) -> Array:  # fmt: skip
    product = matmul(x, weight.T, out_dtype=out_dtype)
    return ACTIVATIONS[activation](product if bias is None else product + bias)


def gated_dense(x: Array, gate: Array, up: Array, *, activation: str = "silu") -> Array:
    return ACTIVATIONS[activation](x @ gate.T) * (x @ up.T)


def relu(x: Array) -> Array:
    return np.maximum(x, x.dtype.type(0))


def gelu(x: Array) -> Array:
    erf = np.vectorize(math.erf, otypes=[float])
    return (0.5 * x * (1 + erf(x * math.sqrt(0.5)))).astype(x.dtype)


def gelu_tanh(x: Array) -> Array:
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return (0.5 * x * (1 + np.tanh(inner))).astype(x.dtype)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def silu(x: Array) -> Array:
    return x * sigmoid(x)


def mish(x: Array) -> Array:
    return x * np.tanh(np.logaddexp(x, x.dtype.type(0)))


def hard_swish(x: Array) -> Array:
    return x * np.clip(x / 6 + x.dtype.type(0.5), 0, 1)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "none": lambda x: x,
    "relu": relu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "silu": silu,
    "mish": mish,
    "hard_swish": hard_swish,
}
ELEMENTWISE: dict[str, Callable[..., Array]] = {
    **ACTIVATIONS,
    "exp": np.exp,
    "add": np.add,
    "mul": np.multiply,
}
