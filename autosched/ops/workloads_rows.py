"""The workloads of rows and channels: softmax, norms, attention; and of moved elements."""

from __future__ import annotations

from typing import Literal

from autosched import te
from autosched.ops import norms
from autosched.ops import reference_rows as reference
from autosched.ops.argmax import argmax
from autosched.ops.attention import attention
from autosched.ops.movement import concat, embedding, transpose
from autosched.ops.registry import workload
from autosched.ops.resize import resize
from autosched.ops.softmax import log_softmax, logsumexp, softmax
from autosched.ops.workloads import Tensors, given
from autosched.te.tensor import Tensor


@workload(name="softmax", reference=reference.softmax)
def softmax_workload(*, m: int, n: int, dtype: str = "float32") -> Tensors:
    """Softmax over each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    return [x, softmax(x)]


@workload(name="log_softmax", reference=reference.log_softmax)
def log_softmax_workload(*, m: int, n: int, dtype: str = "float32") -> Tensors:
    """The logarithm of the softmax over each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    return [x, log_softmax(x)]


@workload(name="logsumexp", reference=reference.logsumexp)
def logsumexp_workload(*, m: int, n: int, dtype: str = "float32") -> Tensors:
    """The logarithm of the sum of exponentials of each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    return [x, logsumexp(x)]


@workload(name="argmax", reference=reference.argmax)
def argmax_workload(*, m: int, n: int, dtype: str = "float32") -> Tensors:
    """The index of the greatest of each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    return [x, argmax(x)]


@workload(name="layer_norm", reference=reference.layer_norm)
def layer_norm_workload(
    *, m: int, n: int, epsilon: float = 1e-5, dtype: str = "float32"
) -> Tensors:
    """Layer normalisation over each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    gamma, beta = _constant("gamma", n, dtype), _constant("beta", n, dtype)
    return [x, gamma, beta, norms.layer_norm(x, gamma, beta, epsilon)]


@workload(name="rms_norm", reference=reference.rms_norm)
def rms_norm_workload(*, m: int, n: int, epsilon: float = 1e-5, dtype: str = "float32") -> Tensors:
    """Root mean square normalisation over each of m rows of n values."""
    x, gamma = te.placeholder((m, n), dtype, name="data"), _constant("gamma", n, dtype)
    return [x, gamma, norms.rms_norm(x, gamma, epsilon)]


@workload(name="l2_norm", reference=reference.l2_norm)
def l2_norm_workload(*, m: int, n: int, dtype: str = "float32") -> Tensors:
    """The root of the sum of squares of each of m rows of n values."""
    x = te.placeholder((m, n), dtype, name="data")
    return [x, norms.l2_norm(x)]


@workload(name="group_norm", reference=reference.group_norm)
def group_norm_workload(
    *, n: int = 1, c: int, h: int, w: int, groups: int = 32,
    epsilon: float = 1e-5, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """Normalisation over groups of channels, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    gamma, beta = _constant("gamma", c, dtype), _constant("beta", c, dtype)
    return [x, gamma, beta, norms.group_norm(x, gamma, beta, groups, epsilon)]


@workload(name="instance_norm", reference=reference.group_norm)
def instance_norm_workload(
    *, n: int = 1, c: int, h: int, w: int, epsilon: float = 1e-5, dtype: str = "float32"
) -> Tensors:
    """Normalisation over each channel of each image, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    gamma, beta = _constant("gamma", c, dtype), _constant("beta", c, dtype)
    return [x, gamma, beta, norms.group_norm(x, gamma, beta, c, epsilon, "instance_norm")]


@workload(
    name="batch_norm",
    reference=reference.batch_norm,
    inputs={"variance": (0.1, 2.0)},
)
def batch_norm_workload(
    *, n: int = 1, c: int, h: int, w: int, epsilon: float = 1e-5, dtype: str = "float32"
) -> Tensors:
    """Normalisation of each channel by known statistics, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    mean, variance = _constant("mean", c, dtype), _constant("variance", c, dtype)
    gamma, beta = _constant("gamma", c, dtype), _constant("beta", c, dtype)
    result = norms.batch_norm(x, mean, variance, gamma, beta, epsilon)
    return [x, mean, variance, gamma, beta, result]


@workload(name="attention", reference=reference.attention)
def attention_workload(
    *, b: int = 1, heads: int, key_heads: int | None = None, m: int, n: int | None = None, d: int,
    mask: bool = False, causal: bool = False, dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """Attention of m queries to n keys (by default m) of d values, for each of the heads."""
    few, keys = heads if key_heads is None else key_heads, m if n is None else n
    q = te.placeholder((b, heads, m, d), dtype, name="Q")
    k = te.placeholder((b, few, keys, d), dtype, name="K")
    v = te.placeholder((b, few, keys, d), dtype, name="V")
    added = te.placeholder((m, keys), dtype, name="mask") if mask else None
    return given(q, k, v, added, attention(q, k, v, added, causal))


@workload(name="embedding", reference=reference.embedding)
def embedding_workload(*, m: int, rows: int, n: int, dtype: str = "float32") -> Tensors:
    """m rows of n values, looked up in a table of `rows` rows."""
    table = te.placeholder((rows, n), dtype, name="table", constant=True)
    indices = te.placeholder((m,), "int64", name="indices")
    return [table, indices, embedding(table, indices)]


@workload(name="transpose", reference=reference.transpose)
def transpose_workload(*, m: int, n: int, dtype: str = "float32") -> Tensors:
    """The transpose of an m x n matrix."""
    x = te.placeholder((m, n), dtype, name="data")
    return [x, transpose(x)]


@workload(name="concat", reference=reference.concat)
def concat_workload(*, m: int, n: int, k: int, dtype: str = "float32") -> Tensors:
    """An m x n and an m x k matrix, side by side."""
    a, b = te.placeholder((m, n), dtype, name="A"), te.placeholder((m, k), dtype, name="B")
    return [a, b, concat([a, b], axis=1)]


@workload(name="resize", reference=reference.resize)
def resize_workload(
    *, n: int = 1, c: int, h: int, w: int, height: int, width: int,
    mode: Literal["nearest", "bilinear"] = "nearest", dtype: str = "float32",
) -> Tensors:  # fmt: skip
    """Images of h x w in the size height x width, NCHW."""
    x = te.placeholder((n, c, h, w), dtype, name="data")
    return [x, resize(x, height, width, mode)]


def _constant(name: str, extent: int, dtype: str) -> Tensor:
    return te.placeholder((extent,), dtype, name=name, constant=True)
