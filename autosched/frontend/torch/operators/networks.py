"""Convolutions, pooling, and images in other sizes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from autosched.frontend.torch.node import TorchNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import pooling as pool
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv, ConvTranspose
from autosched.graph.operators.indexing import Gather
from autosched.graph.operators.resize import Resize
from autosched.graph.operators.sampling import GridSample
from autosched.ir.dtype import FLOAT64


def each_axis(given: Any, rank: int) -> tuple[int, ...]:
    """A number for each spatial axis, of which one may stand for all."""
    values = [given] if isinstance(given, int) else list(given)
    return tuple(values * rank if len(values) == 1 else values)


@converts("convolution", "conv1d.default", "conv2d.default", "conv3d.default",
          "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")  # fmt: skip
def _convolution(node: TorchNode) -> Value:
    x, weight, bias = node["input"], node["weight"], node["bias"]
    rank = node.rank("weight") - 2
    is_batch = node.rank("input") == rank + 2
    if not is_batch:
        x = node.reshape(x, [1, *node.extents(x)])
    pads = each_axis(node["padding"], rank) * 2
    moves = each_axis(node["stride"], rank), pads, each_axis(node["dilation"], rank), node["groups"]
    if "transpose" in node.kind or node.get("transposed", False):
        more = each_axis(node["output_padding"], rank)
        operator: Any = ConvTranspose(*moves, output_padding=more)
    else:
        operator = Conv(*moves)
    wide = node.wide
    made = node.emit(operator, *(node.optional(one, wide) for one in (x, weight, bias)))
    made = node.cast(made, wide)
    return made if is_batch else node.reshape(made, node.shape)


def _windows(node: TorchNode, rank: int) -> dict[str, Any]:
    """The attributes of a window that moves; by default by its own extent."""
    kernel = each_axis(node["kernel_size"], rank)
    strides = node["stride"]
    return {
        "kernel": kernel,
        "strides": each_axis(strides, rank) if strides not in ([], None) else kernel,
        "pads": each_axis(node["padding"], rank) * 2,
        "ceil": bool(node["ceil_mode"]),
    }


def _batched(node: TorchNode, x: Value, rank: int) -> Value:
    """The image, with an axis for a batch of one where it has none."""
    return x if node.rank() == rank + 2 else node.reshape(x, [1, *node.extents(x)])


def _rank(node: TorchNode) -> int:
    """The number of spatial axes, as the operator's name tells."""
    return next(int(digit) for digit in node.kind if digit.isdigit())


@converts("max_pool1d", "max_pool2d", "max_pool3d", "max_pool1d_with_indices",
          "max_pool2d_with_indices", "max_pool3d_with_indices")  # fmt: skip
def _max_pool(node: TorchNode) -> Value | list[Value]:
    rank = _rank(node)
    x = _batched(node, node.value("self"), rank)
    operator = pool.MaxPool(dilations=each_axis(node["dilation"], rank), **_windows(node, rank))
    if "with_indices" not in node.kind:
        return node.reshape(node.emit(operator, x), node.shape)
    found, places = node.emit_all(operator, x, count=2)
    area = prod(node.numbers(node.extents(node["self"])[-rank:]))
    places = node.emit(ar.Mod(), places, node.constant(area))
    return [node.reshape(value, node.shape) for value in (found, places)]


@converts("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _avg_pool(node: TorchNode) -> Value:
    rank = _rank(node)
    x = _batched(node, node.value("self"), rank)
    divisor = node.get("divisor_override")
    if not node.dtype.is_float:
        raise node.unsupported("an image of floats")
    windows = _windows(node, rank)
    counts = bool(node["count_include_pad"]) or divisor is not None
    x = node.operand(x, node.wide)
    made = node.emit(pool.AveragePool(count_pad=counts, **windows), x)
    if divisor is not None:
        if windows["ceil"]:
            raise node.unsupported("windows that lie within the image")
        scale = prod(windows["kernel"]) / divisor
        made = node.emit(ar.Mul(), made, node.constant(scale, node.wide))
    return node.reshape(node.cast(made, node.wide), node.shape)


@converts("adaptive_avg_pool1d", "adaptive_avg_pool2d", "_adaptive_avg_pool2d",
          "adaptive_avg_pool3d", "_adaptive_avg_pool3d")  # fmt: skip
def _adaptive_avg_pool(node: TorchNode) -> Value:
    rank = _rank(node)
    wide = node.wide
    x = node.operand(_batched(node, node.value("self"), rank), wide)
    wanted = each_axis(node["output_size"], rank)
    spatial = node.extents(node["self"])[-rank:]
    if all(count == 1 for count in wanted):
        made = node.emit(pool.GlobalAveragePool(), x)
    else:
        made = _adaptive(node, x, spatial, wanted)
    return node.reshape(node.cast(made, wide), node.shape)


def _adaptive(node: TorchNode, x: Value, spatial: Any, wanted: tuple[int, ...]) -> Value:
    spatial = node.numbers(spatial)
    if all(extent % count == 0 for extent, count in zip(spatial, wanted, strict=True)):
        kernel = tuple(extent // count for extent, count in zip(spatial, wanted, strict=True))
        return node.emit(pool.AveragePool(kernel, kernel), x)
    for place, (extent, count) in enumerate(zip(spatial, wanted, strict=True)):
        x = _averaged(node, x, len(spatial), 2 + place, extent, count)
    return x


def _averaged(node: TorchNode, x: Value, rank: int, axis: int, extent: int, count: int) -> Value:
    """The means of `count` windows along an axis, as a product with their weights."""
    weights = np.zeros((extent, count))
    for place in range(count):
        first, end = place * extent // count, -(-(place + 1) * extent // count)
        weights[first:end, place] = 1 / (end - first)
    order = list(range(rank + 2))
    order[axis], order[-1] = order[-1], order[axis]
    moved = node.transpose(x, order)
    made = node.emit(MatMul(), moved, node.constant(weights, node.wide))
    return node.transpose(made, order)


@converts("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
          "_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "_upsample_nearest_exact3d",
          "upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d",
          "upsample_bicubic2d")  # fmt: skip
def _upsample(node: TorchNode) -> Value:
    kind, rank, wide = node.kind.split(".")[1], _rank(node), node.wide
    x = node.value("self") if "self" in node else node.value("input")
    corners = bool(node.get("align_corners", False))
    scales = [] if corners else _scales(node, rank)
    mode = "nearest" if "nearest" in kind else "cubic" if "cubic" in kind else "linear"
    coordinates = "align_corners" if corners else "pytorch_half_pixel"
    if mode == "nearest":
        coordinates = "half_pixel" if "exact" in kind else "asymmetric"
    rounding = "round_prefer_ceil" if "exact" in kind else "floor"
    operator = Resize(mode, coordinates, rounding, tuple(range(2, 2 + rank)))
    made = node.emit(
        operator,
        node.operand(x, wide),
        None,
        node.constant(scales, FLOAT64) if scales else None,
        None if scales else node.sizes.array(node.shape[2:]),
    )
    return node.cast(made, wide)


def _scales(node: TorchNode, rank: int) -> list[float]:
    """How much larger each axis becomes, where the operator says it and not only the sizes."""
    given = node.get("scale_factors")
    if given is None:
        names = ("scales_d", "scales_h", "scales_w")[3 - rank :]
        given = [node.get("scales") if rank == 1 else node.get(name) for name in names]
    return [] if None in given else [float(scale) for scale in given]


@converts("grid_sampler_2d", "grid_sampler_3d", "grid_sampler")
def _grid_sample(node: TorchNode) -> Value:
    mode = ("linear", "nearest", "cubic")[node["interpolation_mode"]]
    padding = ("zeros", "border", "reflection")[node["padding_mode"]]
    operator = GridSample(mode, padding, bool(node["align_corners"]))
    return node.compute(operator, node["input"], node["grid"])


@converts("embedding")
def _embedding(node: TorchNode) -> Value:
    return node.emit(Gather(0), node["weight"], node["indices"])


@converts("channel_shuffle")
def _channel_shuffle(node: TorchNode) -> Value:
    batch, channels, *rest = node.extents(node["self"])
    groups, (channels,) = node["groups"], node.numbers([channels])
    apart = node.reshape(node["self"], [batch, groups, channels // groups, *rest])
    swapped = node.transpose(apart, [0, 2, 1, *range(3, 3 + len(rest))])
    return node.reshape(swapped, node.shape)
