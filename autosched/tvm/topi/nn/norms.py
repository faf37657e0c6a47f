"""Normalisations over any axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.ir.dtype import FLOAT32, DType
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi import reduction
from autosched.tvm.topi.broadcast import add, divide, multiply, subtract
from autosched.tvm.topi.math import elementwise, identity
from autosched.tvm.topi.nn.space import pad
from autosched.tvm.topi.tag import BROADCAST
from autosched.tvm.topi.transform.shape import reshape
from autosched.tvm.topi.utils import Axes, axes_of, get_const_int, normalized


def _spread(x: Tensor, axes: Sequence[int], rank: int) -> Tensor:
    """Return `x`, whose axes are these of `rank`, with an axis of extent 1 for each other."""
    extents = dict(zip(axes, x.shape, strict=True))
    return reshape(x, [extents.get(axis, 1) for axis in range(rank)])


def _in(x: Tensor, dtype: DType) -> Tensor:
    """Return `x` in a dtype."""
    return x if x.dtype is dtype else x.astype(dtype)


def _mean(x: Tensor, axes: Sequence[int]) -> Tensor:
    """Return the mean over the axes, in float32 for narrower dtypes."""
    wide = x if x.dtype.bits >= 32 else x.astype(FLOAT32)
    count: Expr = math.prod((x.shape[axis] for axis in axes), start=te.const(1, "int64"))
    result: Tensor = divide(reduction.sum(wide, axes, keepdims=True), count.astype(wide.dtype))
    return result


def _scaled(x: Tensor, over: Sequence[int], epsilon: float) -> Tensor:
    """Return `(x - mean) / sqrt(variance + epsilon)` over the axes, in the dtype of `_mean`."""
    mean = _mean(x, over)
    deviation = subtract(_in(x, mean.dtype), mean)
    variance = _mean(multiply(deviation, deviation), over)
    root = elementwise(variance, lambda value: te.rsqrt(value + epsilon), "rsqrt")
    result: Tensor = multiply(deviation, root)
    return result


def _affine(
    x: Tensor, gamma: Tensor | None, beta: Tensor | None, axes: Sequence[int], dtype: DType
) -> Tensor:
    """Return `x * gamma + beta` along the axes, rounded once, to `dtype`."""
    if gamma is not None:
        x = multiply(x, _spread(_in(gamma, x.dtype), axes, x.ndim))
    if beta is not None:
        x = add(x, _spread(_in(beta, x.dtype), axes, x.ndim))
    return _in(x, dtype)


def layer_norm(
    data: Tensor, gamma: Tensor, beta: Tensor | None, axis: Axes, epsilon: float = 1e-5
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta` over the axes."""
    over = axes_of(axis, data.ndim, "layer_norm")
    return _affine(_scaled(data, over, epsilon), gamma, beta, over, data.dtype)


def rms_norm(data: Tensor, weight: Tensor, axis: Axes, epsilon: float = 1e-5) -> Tensor:
    """`x / sqrt(mean of squares + epsilon) * weight` over the axes."""
    over = axes_of(axis, data.ndim, "rms_norm")
    wide = data if data.dtype.bits >= 32 else data.astype(FLOAT32)
    mean = _mean(multiply(wide, wide), over)
    root = elementwise(mean, lambda value: te.rsqrt(value + epsilon), "rsqrt")
    return _affine(multiply(wide, root), weight, None, over, data.dtype)


def instance_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, axis: Axes, epsilon: float = 1e-5
) -> Tensor:
    """The normalisation over the axes, with `gamma` and `beta` for each channel, axis 1.

    If they have several axes, those are the ones of the normalisation.
    """
    over = axes_of(axis, data.ndim, "instance_norm")
    along = [1] if gamma.ndim == 1 else over
    return _affine(_scaled(data, over, epsilon), gamma, beta, along, data.dtype)


def group_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, num_groups: int, channel_axis: int,
    axes: Sequence[int], epsilon: float = 1e-5,
) -> Tensor:  # fmt: skip
    """The normalisation over groups of channels and the axes, `gamma` and `beta` per channel."""
    at = normalized(channel_axis, data.ndim, "group_norm")
    members = get_const_int(data.shape[at]) // num_groups
    apart = reshape(data, (*data.shape[:at], num_groups, members, *data.shape[at + 1 :]))
    over = [at + 1, *(axis + (axis > at) for axis in axes_of(list(axes), data.ndim, "group_norm"))]
    scaled = reshape(_scaled(apart, over, epsilon), data.shape)
    return _affine(scaled, gamma, beta, [at], data.dtype)


def batch_norm(
    data: Tensor, gamma: Tensor, beta: Tensor, moving_mean: Tensor, moving_var: Tensor,
    axis: int | None = None, epsilon: float | None = None, center: bool | None = None,
    scale: bool | None = None, training: bool | None = None, momentum: float | None = None,
) -> list[Any]:  # fmt: skip
    """The normalisation of each place along `axis`, by default 1, and the statistics.

    With `training` the statistics are those of `data`, and the moving ones are updated.
    """
    at = normalized(1 if axis is None else axis, data.ndim, "batch_norm")
    least = 1e-5 if epsilon is None else epsilon
    rest = [each for each in range(data.ndim) if each != at]
    weights = (None if scale is False else gamma), (None if center is False else beta)
    if training:
        part = 0.1 if momentum is None else momentum
        mean = _mean(data, rest)
        deviation = subtract(data, mean)
        variance = _mean(multiply(deviation, deviation), rest)
        found = [reshape(each, moving_mean.shape) for each in (mean, variance)]
        updated = [
            add(multiply(old, 1.0 - part), multiply(new, part))
            for old, new in zip((moving_mean, moving_var), found, strict=True)
        ]
        scaled = _scaled(data, rest, least)
        return [_affine(scaled, *weights, [at], data.dtype), *updated]
    root = elementwise(moving_var, lambda value: te.sqrt(value + least), "sqrt")
    centred = subtract(data, _spread(moving_mean, [at], data.ndim))
    scaled = divide(centred, _spread(root, [at], data.ndim))
    statistics = [identity(each) for each in (moving_mean, moving_var)]
    return [_affine(scaled, *weights, [at], data.dtype), *statistics]


def lrn(
    data: Tensor, size: int, axis: int = 1, alpha: float = 0.0001, beta: float = 0.75,
    bias: float = 2,
) -> Tensor:  # fmt: skip
    """`x / (bias + alpha / size * sum of squares of size neighbours along axis) ** beta`."""
    at = normalized(axis, data.ndim, "lrn")
    around = [size // 2 if each == at else 0 for each in range(data.ndim)]
    wide = pad(data, around, name="pad_data")
    k = te.reduce_axis((0, size), name="k")

    def squares(*i: Expr) -> Expr:
        place = (*i[:at], i[at] + k, *i[at + 1 :])
        return te.sum(wide(*place) * wide(*place), axis=k)

    total = te.compute(data.shape, squares, name="sqr_sum")
    return te.compute(
        data.shape,
        lambda *i: (
            data(*i)
            / te.power(total(*i) * (alpha / size) + float(bias), te.const(beta, data.dtype))
        ),
        name="T_lrn",
    )


def _scale_shift(x: Tensor, scale: Tensor, shift: Tensor, axes: Sequence[int]) -> Tensor:
    """Return `x * scale + shift` along the axes, as one stage."""

    def value(*at: Expr) -> Expr:
        place = tuple(at[axis] for axis in axes)
        return x(*at) * scale(*place) + shift(*place)

    return te.compute(x.shape, value, "ScaleShift", BROADCAST)


def scale_shift_nchw(Input: Tensor, Scale: Tensor, Shift: Tensor) -> Tensor:
    """`x * Scale + Shift`, each of the channels, NCHW."""
    return _scale_shift(Input, Scale, Shift, [1])


def scale_shift_nchwc(Input: Tensor, Scale: Tensor, Shift: Tensor) -> Tensor:
    """`x * Scale + Shift`, each of the channels in blocks, NCHWc."""
    return _scale_shift(Input, Scale, Shift, [1, 4])


def scale_shift_nhwc(Input: Tensor, Scale: Tensor, Shift: Tensor) -> Tensor:
    """`x * Scale + Shift`, each of the channels, NHWC."""
    return _scale_shift(Input, Scale, Shift, [Input.ndim - 1])
