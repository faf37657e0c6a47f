"""Softmax and norms by NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray


def softmax_python(a_np: Array, axis: int = 1) -> Array:
    """Return the softmax along an axis."""
    powers = np.exp(a_np - a_np.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def log_softmax_python(a_np: Array, axis: int = 1) -> Array:
    """Return the logarithm of the softmax along an axis."""
    below = a_np - a_np.max(axis=axis, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=axis, keepdims=True))


def l2_normalize_python(a_np: Array, eps: float, axis: Any = None) -> Array:
    """Return the data divided by its length along the axes, which is at least sqrt(eps)."""
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
    return a_np / np.sqrt(np.maximum((a_np**2).sum(axis=axes, keepdims=True), eps))


def lrn_python(a_np: Array, size: int, axis: int, bias: float, alpha: float, beta: float) -> Array:
    """Return the local response normalization over `size` neighbours along an axis."""
    squares = np.moveaxis(a_np**2, axis, 0)
    total = np.zeros_like(squares)
    for at in range(len(squares)):
        total[at] = squares[max(at - size // 2, 0) : at + size // 2 + 1].sum(axis=0)
    return a_np / (bias + alpha * np.moveaxis(total, 0, axis) / size) ** beta


def batch_norm(
    x: Array, gamma: Array, beta: Array, moving_mean: Array, moving_var: Array, axis: int,
    epsilon: float, center: bool, scale: bool, training: bool, momentum: float,
) -> list[Array]:  # fmt: skip
    """Return the normalized data and the moving mean and variance; training computes new ones."""
    others = tuple(other for other in range(x.ndim) if other != axis % x.ndim)
    mean, variance = (x.mean(others), x.var(others)) if training else (moving_mean, moving_var)
    found = (x - _along(mean, axis, x)) / np.sqrt(_along(variance, axis, x) + epsilon)
    found = found * _along(gamma, axis, x) if scale else found
    found = found + _along(beta, axis, x) if center else found
    if training:
        moving_mean = (1 - momentum) * moving_mean + momentum * mean
        moving_var = (1 - momentum) * moving_var + momentum * variance
    return [found, moving_mean, moving_var]


def layer_norm_python(
    data: Array, gamma: Array, beta: Array | None, axis: Any, epsilon: float = 1e-5
) -> Array:
    """Return the data normalized over the axes, in float32, times `gamma` and plus `beta`."""
    axes = _axes(axis)
    found = _normalized(data, axes, epsilon)
    along = [n if at in _each(axes, data) else 1 for at, n in enumerate(data.shape)]
    return _scaled(found, gamma, beta, along, data.dtype)


def instance_norm_python(
    data: Array, gamma: Array, beta: Array | None, axis: Any, epsilon: float = 1e-5
) -> Array:
    """Return the data normalized over the axes.

    `gamma` and `beta` are along the channels, axis 1, or with several axes along those.
    """
    along = {1} if gamma.ndim == 1 else _each(_axes(axis), data)
    shape = [extent if at in along else 1 for at, extent in enumerate(data.shape)]
    return _scaled(_normalized(data, _axes(axis), epsilon), gamma, beta, shape, data.dtype)


def group_norm_python(
    data: Array, gamma: Array, beta: Array | None, num_groups: int, channel_axis: int,
    axes: Sequence[int], epsilon: float = 1e-5,
) -> Array:  # fmt: skip
    """Return the data normalized over the axes and the channels of each group."""
    shape = list(data.shape)
    shape[channel_axis : channel_axis + 1] = [num_groups, shape[channel_axis] // num_groups]
    over = [channel_axis + 1, *(at if at < channel_axis else at + 1 for at in axes)]
    found = _normalized(data.reshape(shape), tuple(over), epsilon).reshape(data.shape)
    along = [extent if at == channel_axis else 1 for at, extent in enumerate(data.shape)]
    return _scaled(found, gamma, beta, along, data.dtype)


def rms_norm_python(data: Array, weight: Array, axis: Any, epsilon: float = 1e-5) -> Array:
    """Return the data divided by the root of its mean square over the axes, times `weight`."""
    wide, axes = data.astype("float32"), _axes(axis)
    found = wide / np.sqrt((wide**2).mean(axis=axes, keepdims=True) + epsilon)
    shape = [data.shape[at] if at in _each(axes, data) else 1 for at in range(data.ndim)]
    return (found * weight.astype("float32").reshape(shape)).astype(data.dtype)


def _axes(axis: Any) -> tuple[int, ...]:
    return tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)


def _each(axes: tuple[int, ...], data: Array) -> set[int]:
    return {at % data.ndim for at in axes}


def _along(values: Array, axis: int, data: Array) -> Array:
    shape = [1] * data.ndim
    shape[axis] = data.shape[axis]
    return values.reshape(shape)


def _normalized(data: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    wide = data.astype("float32")
    mean, variance = wide.mean(axis=axes, keepdims=True), wide.var(axis=axes, keepdims=True)
    return (wide - mean) / np.sqrt(variance + epsilon)


def _scaled(wide: Array, gamma: Array, beta: Array | None, shape: list[int], dtype: Any) -> Array:
    found = wide * gamma.astype("float32").reshape(shape)
    found = found if beta is None else found + beta.astype("float32").reshape(shape)
    return found.astype(dtype)
