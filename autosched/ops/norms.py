"""Normalisations: by rows, by groups of channels, and by known statistics."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ops.checks import (
    check_epsilon,
    check_extent,
    check_float,
    check_has_axes,
    check_rank,
    check_same_dtype,
    check_space,
    static,
)
from autosched.ops.halves import rounded_once
from autosched.ops.window import places
from autosched.te.tensor import Tensor


@rounded_once
def layer_norm(
    x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float = 1e-5, name: str = "layer_norm"
) -> Tensor:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta` over the last axis.

    The variance is that of the deviations from the mean, so it never cancels below zero.
    Source: Ba, Kiros and Hinton, "Layer normalization", 2016.
    """
    _check_rows(x, epsilon, name, gamma, beta)
    outer, length = x.shape[:-1], x.shape[-1]
    count = length.astype(x.dtype)
    k = te.reduce_axis((0, length), name="k")
    total = te.compute(outer, lambda *i: te.sum(x(*i, k), axis=k), name="row_sum")
    deviation = te.compute(x.shape, lambda *i: x(*i) - total(*i[:-1]) / count, name="deviation")
    squares = _row_squares(deviation)
    return te.compute(
        x.shape,
        lambda *i: (
            deviation(*i) * te.rsqrt(squares(*i[:-1]) / count + epsilon) * gamma(i[-1])
            + beta(i[-1])
        ),
        name=name,
    )


@rounded_once
def rms_norm(x: Tensor, gamma: Tensor, epsilon: float = 1e-5, name: str = "rms_norm") -> Tensor:
    """`x / sqrt(mean of x^2 + epsilon) * gamma` over the last axis.

    Source: Zhang and Sennrich, "Root mean square layer normalization", 2019.
    """
    _check_rows(x, epsilon, name, gamma)
    count = x.shape[-1].astype(x.dtype)
    squares = _row_squares(x)
    return te.compute(
        x.shape,
        lambda *i: x(*i) * te.rsqrt(squares(*i[:-1]) / count + epsilon) * gamma(i[-1]),
        name=name,
    )


@rounded_once
def l2_norm(x: Tensor, name: str = "l2_norm") -> Tensor:
    """The square root of the sum of squares over the last axis."""
    check_float(x, name)
    check_has_axes(x, name)
    squares = _row_squares(x)
    return te.compute(squares.shape, lambda *i: te.sqrt(squares(*i)), name=name)


@rounded_once
def group_norm(
    x: Tensor, gamma: Tensor, beta: Tensor, groups: int,
    epsilon: float = 1e-5, name: str = "group_norm",
) -> Tensor:  # fmt: skip
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, for `x` (n, c, ...).

    Mean and variance are those of a group of c / groups channels in space; `gamma` and `beta`
    are (c). Source: Wu and He, "Group normalization", 2018.
    """
    check_float(x, name)
    check_epsilon(epsilon, name)
    space = check_space(x, name, "n, c")
    channels = static(x.shape[1], name, "the channels")
    if groups < 1 or channels % groups:
        raise ExpressionError(
            f"expected groups of {name} to divide {channels} channels, got {groups}"
        )
    _check_channels(x, name, gamma, beta)
    members = channels // groups
    extents = [static(extent, name, "an extent") for extent in x.shape[2:]]
    count = te.const(members * prod(extents), x.dtype)
    total = _group_sum(x, groups, lambda *i: x(*i), "group_sum")
    deviation = te.compute(
        x.shape, lambda b, c, *place: x(b, c, *place) - total(b, c // members) / count,
        name="deviation", varargs_names=places(space),
    )  # fmt: skip
    squares = _group_sum(x, groups, lambda *i: deviation(*i) * deviation(*i), "square_sum")
    return te.compute(
        x.shape,
        lambda b, c, *place: (
            deviation(b, c, *place)
            * te.rsqrt(squares(b, c // members) / count + epsilon)
            * gamma(c)
            + beta(c)
        ),
        name=name,
        varargs_names=places(space),
    )


@rounded_once
def batch_norm(
    x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor,
    epsilon: float = 1e-5, name: str = "batch_norm",
) -> Tensor:  # fmt: skip
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, all of (c), for `x` (n, c, ...).

    The statistics are given, as in inference. Source: Ioffe and Szegedy, 2015.
    """
    check_float(x, name)
    check_epsilon(epsilon, name)
    space = check_space(x, name, "n, c")
    _check_channels(x, name, mean, variance, gamma, beta)
    return te.compute(
        x.shape,
        lambda b, c, *place: (
            (x(b, c, *place) - mean(c)) * (te.rsqrt(variance(c) + epsilon) * gamma(c)) + beta(c)
        ),
        name=name,
        varargs_names=places(space),
    )


def _check_rows(x: Tensor, epsilon: float, name: str, *scales: Tensor) -> None:
    check_float(x, name)
    check_has_axes(x, name)
    check_same_dtype(name, x, *scales)
    check_epsilon(epsilon, name)
    for tensor in scales:
        check_rank(tensor, 1, name, "last axis")
        check_extent(tensor.shape[0], x.shape[-1], name, f"dimension 0 of {tensor.name}")


def _check_channels(x: Tensor, name: str, *each: Tensor) -> None:
    check_same_dtype(name, x, *each)
    for tensor in each:
        check_rank(tensor, 1, name, "channels")
        check_extent(tensor.shape[0], x.shape[1], name, f"dimension 0 of {tensor.name}")


def _row_squares(x: Tensor) -> Tensor:
    r = te.reduce_axis((0, x.shape[-1]), name="r")
    return te.compute(
        x.shape[:-1], lambda *i: te.sum(x(*i, r) * x(*i, r), axis=r), name="square_sum"
    )


def _group_sum(x: Tensor, groups: int, value: Callable[..., Expr], name: str) -> Tensor:
    """Return the sum of `value` at the places of `x` of each group of channels, (n, groups)."""
    members = x.shape[1] // groups
    rc = te.reduce_axis((0, members), name="rc")
    inner = [
        te.reduce_axis((0, extent), name=axis)
        for extent, axis in zip(x.shape[2:], ("rd", "ry", "rx")[2 - x.ndim :], strict=True)
    ]
    return te.compute(
        (x.shape[0], groups),
        lambda b, g: te.sum(value(b, g * members + rc, *inner), axis=[rc, *inner]),
        name=name,
    )
