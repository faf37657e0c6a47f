"""Pooling in any layout."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi import reduction
from autosched.tvm.topi.broadcast import multiply
from autosched.tvm.topi.nn.space import pad
from autosched.tvm.topi.nn.windows import each, paddings
from autosched.tvm.topi.utils import get_const_int


def _space(data: Tensor, layout: str) -> list[int]:
    """Return the places of the axes of space in a layout such as NCHW."""
    if len(layout) != data.ndim:
        raise ExpressionError(f"expected a layout of {data.ndim} axes for pooling, got {layout}")
    return [at for at, letter in enumerate(layout) if letter in "DHW"]


def _check_type(pool_type: str) -> None:
    if pool_type not in ("max", "avg"):
        raise ExpressionError(f"expected max or avg as pool_type, got {pool_type!r}")


def _pool(
    data: Tensor, kernel: Any, stride: Any, dilation: Any, padding: Any, pool_type: str,
    ceil_mode: bool, layout: str, count_include_pad: bool,
) -> Tensor:  # fmt: skip
    _check_type(pool_type)
    axes = _space(data, layout)
    rank = len(axes)
    kernels, strides = each(kernel, rank, "kernel"), each(stride, rank, "stride")
    dilations = each(dilation, rank, "dilation")
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernels, dilations, strict=True))
    extents = tuple(get_const_int(data.shape[at]) for at in axes)
    before, after = paddings(padding, spans)
    counts, reach = [], []
    for n in range(rank):
        free = extents[n] + before[n] + after[n] - spans[n]
        counts.append((-(-free // strides[n]) if ceil_mode else free // strides[n]) + 1)
        reach.append(
            max(after[n], (counts[n] - 1) * strides[n] + spans[n] - extents[n] - before[n])
        )
    zero = te.const(0, data.dtype)
    filler = te.min_value(data.dtype) if pool_type == "max" else zero
    image = pad(data, _at(axes, before, data.ndim), _at(axes, reach, data.ndim), filler, "pad_temp")
    inner = [te.reduce_axis((0, k), name=f"rv{n}") for n, k in enumerate(kernels)]

    def window(*place: Expr) -> Expr:
        index = list(place)
        for n, at in enumerate(axes):
            index[at] = place[at] * strides[n] + inner[n] * dilations[n]
        reducer = te.max if pool_type == "max" else te.sum
        result: Expr = reducer(image(*index), axis=inner)
        return result

    shape = list(data.shape)
    for at, count in zip(axes, counts, strict=True):
        shape[at] = te.const(count, "int64")
    pooled = te.compute(tuple(shape), window, name=f"pool_{pool_type}")
    if pool_type == "max":
        return pooled

    def mean(*place: Expr) -> Expr:
        if count_include_pad:
            return pooled(*place) / te.const(prod(kernels), data.dtype)
        known: Expr = te.const(1, "int64")
        for n, at in enumerate(axes):
            first = place[at] * strides[n] - before[n]
            low = te.maximum(-(first // dilations[n]), 0)
            high = te.minimum((extents[n] - 1 - first) // dilations[n] + 1, kernels[n])
            known = known * te.maximum(high - low, 0)
        return pooled(*place) / te.maximum(known, 1).astype(data.dtype)

    return te.compute(tuple(shape), mean, name="pool_avg_divide")


def _at(axes: Sequence[int], values: Sequence[int], rank: int) -> list[int]:
    """Return the values at these axes, 0 for others."""
    known = dict(zip(axes, values, strict=True))
    return [known.get(axis, 0) for axis in range(rank)]


def pool1d(
    data: Tensor, kernel: Any, stride: Any, dilation: Any, padding: Any, pool_type: str,
    ceil_mode: bool = False, layout: str = "NCW", count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The maximum ("max") or mean ("avg") of windows along one axis."""
    return _pool(
        data, kernel, stride, dilation, padding, pool_type, ceil_mode, layout, count_include_pad
    )


def pool2d(
    data: Tensor, kernel: Any, stride: Any, dilation: Any, padding: Any, pool_type: str,
    ceil_mode: bool = False, layout: str = "NCHW", count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The maximum ("max") or mean ("avg") of windows of images."""
    return _pool(
        data, kernel, stride, dilation, padding, pool_type, ceil_mode, layout, count_include_pad
    )


def pool3d(
    data: Tensor, kernel: Any, stride: Any, dilation: Any, padding: Any, pool_type: str,
    ceil_mode: bool = False, layout: str = "NCDHW", count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The maximum ("max") or mean ("avg") of windows of volumes."""
    return _pool(
        data, kernel, stride, dilation, padding, pool_type, ceil_mode, layout, count_include_pad
    )


def pool(
    data: Tensor, kernel: Any, stride: Any, padding: Any, pool_type: str, ceil_mode: bool = False,
    layout: str = "NCHW", count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """`pool2d` of neighbours, by the name that TVM had before version 0.8."""
    return _pool(data, kernel, stride, 1, padding, pool_type, ceil_mode, layout, count_include_pad)


def global_pool(data: Tensor, pool_type: str, layout: str = "NCHW") -> Tensor:
    """The maximum or mean over all of space."""
    _check_type(pool_type)
    axes = _space(data, layout)
    if pool_type == "max":
        return reduction.max(data, axes, keepdims=True)
    count = prod(get_const_int(data.shape[at]) for at in axes)
    result: Tensor = multiply(reduction.sum(data, axes, keepdims=True), 1.0 / count)
    return result


def adaptive_pool(data: Tensor, output_size: Any, pool_type: str, layout: str = "NCHW") -> Tensor:
    """The maximum or mean of windows that divide space into `output_size` parts.

    Part i of an extent n in m parts is from `i * n // m` to the ceiling of `(i + 1) * n / m`.
    """
    _check_type(pool_type)
    axes = _space(data, layout)
    wanted = each(output_size, len(axes), "output_size")
    extents = [get_const_int(data.shape[at]) for at in axes]
    shape = list(data.shape)
    for at, count in zip(axes, wanted, strict=True):
        shape[at] = te.const(count, "int64")
    # A part has at most so many elements; those beyond its end do not count.
    spans = [-(-n // m) + (n % m > 0) for n, m in zip(extents, wanted, strict=True)]
    inner = [te.reduce_axis((0, span), name=f"rv{n}") for n, span in enumerate(spans)]

    def part(i: Expr, n: int) -> tuple[Expr, Expr]:
        return i * extents[n] // wanted[n], -((-(i + 1) * extents[n]) // wanted[n])

    def window(*place: Expr) -> Expr:
        index, inside = list(place), []
        for n, at in enumerate(axes):
            start, end = part(place[at], n)
            index[at] = te.minimum(start + inner[n], extents[n] - 1)
            inside.append(start + inner[n] < end)
        reducer = te.max if pool_type == "max" else te.sum
        result: Expr = reducer(data(*index), axis=inner, where=te.all(*inside))
        return result

    pooled = te.compute(tuple(shape), window, name=f"adaptive_pool_{pool_type}")
    if pool_type == "max":
        return pooled

    def mean(*place: Expr) -> Expr:
        count: Expr = te.const(1, "int64")
        for n, at in enumerate(axes):
            start, end = part(place[at], n)
            count = count * (end - start)
        return pooled(*place) / count.astype(data.dtype)

    return te.compute(tuple(shape), mean, name="adaptive_pool_divide")


def adaptive_pool1d(data: Tensor, output_size: Any, pool_type: str, layout: str = "NCW") -> Tensor:
    """The same as `adaptive_pool`, along one axis."""
    return adaptive_pool(data, output_size, pool_type, layout)


def adaptive_pool3d(
    data: Tensor, output_size: Any, pool_type: str, layout: str = "NCDHW"
) -> Tensor:
    """The same as `adaptive_pool`, of volumes."""
    return adaptive_pool(data, output_size, pool_type, layout)
