"""The operators of rows and of moved elements in NumPy; see `autosched.ops.reference`."""

from __future__ import annotations

import numpy as np

from autosched.ops.reference import Array


def softmax(x: Array) -> Array:
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def layer_norm(x: Array, gamma: Array, beta: Array, *, epsilon: float = 1e-5) -> Array:
    deviation = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(deviation * deviation, axis=-1, keepdims=True)
    return deviation / np.sqrt(variance + x.dtype.type(epsilon)) * gamma + beta


def log_softmax(x: Array) -> Array:
    return x - logsumexp(x)[..., None]


def logsumexp(x: Array) -> Array:
    return np.logaddexp.reduce(x, axis=-1)


def argmax(x: Array) -> Array:
    return x.argmax(axis=-1)


def rms_norm(x: Array, gamma: Array, *, epsilon: float = 1e-5) -> Array:
    mean = np.mean(x * x, axis=-1, keepdims=True)
    return x / np.sqrt(mean + x.dtype.type(epsilon)) * gamma


def l2_norm(x: Array) -> Array:
    return np.linalg.norm(x, axis=-1)


def group_norm(
    x: Array, gamma: Array, beta: Array, *, groups: int = 0, epsilon: float = 1e-5
) -> Array:
    """Without a number of groups each channel is one."""
    flat = x.reshape(x.shape[0], groups or x.shape[1], -1)
    deviation = flat - flat.mean(axis=-1, keepdims=True)
    scaled = deviation / np.sqrt(flat.var(axis=-1, keepdims=True) + x.dtype.type(epsilon))
    return scaled.reshape(x.shape) * gamma[:, None, None] + beta[:, None, None]


def batch_norm(
    x: Array, mean: Array, variance: Array, gamma: Array, beta: Array, *, epsilon: float = 1e-5
) -> Array:
    m, v, g, b = (each[:, None, None] for each in (mean, variance, gamma, beta))
    return (x - m) / np.sqrt(v + x.dtype.type(epsilon)) * g + b


def attention(
    q: Array, k: Array, v: Array, mask: Array | float = 0.0, *, causal: bool = False
) -> Array:
    k, v = (np.repeat(each, q.shape[1] // each.shape[1], axis=1) for each in (k, v))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[3]).astype(q.dtype) + mask
    if causal:
        queries, keys = scores.shape[-2:]
        seen = np.tri(queries, keys, keys - queries, dtype=bool)
        scores = np.where(seen, scores, -np.inf)
    return (softmax(scores) @ v).astype(q.dtype)


def embedding(table: Array, indices: Array) -> Array:
    return table[indices]


def transpose(x: Array) -> Array:
    return x.T


def concat(a: Array, b: Array) -> Array:
    return np.concatenate([a, b], axis=1)


def resize(x: Array, *, height: int, width: int, mode: str) -> Array:
    """Take rows, then columns: nearest, or two of them by their weights."""
    for axis, wanted in ((2, height), (3, width)):
        extent = x.shape[axis]
        if mode == "nearest":
            x = x.take(np.arange(wanted) * extent // wanted, axis)
            continue
        twice = np.maximum((2 * np.arange(wanted) + 1) * extent - wanted, 0)
        before = twice // (2 * wanted)
        after = np.minimum(before + 1, extent - 1)
        weight = (twice / (2 * wanted) - before).astype(x.dtype).reshape(-1, *[1] * (3 - axis))
        x = x.take(before, axis) * (1 - weight) + x.take(after, axis) * weight
    return x
