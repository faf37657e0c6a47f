"""What AOTAutograd's graphs of a training step have and others do not."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from autosched.frontend.torch.node import TorchNode, converts
from autosched.frontend.torch.operators.movement import sliced
from autosched.frontend.torch.operators.networks import each_axis
from autosched.frontend.torch.operators.products import masked, scale_of
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import reduction as red
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv, ConvTranspose
from autosched.graph.operators.reshaping import Unsqueeze
from autosched.graph.operators.scatter import ScatterElements
from autosched.graph.operators.shapes import Full


@converts("convolution_backward")
def _convolution_backward(node: TorchNode) -> list[Value | None]:
    """The gradients of an image, of weights and of a bias, as convolutions of `grad_output`."""
    if node["transposed"]:
        raise node.unsupported("a convolution that is not transposed")
    wanted = node["output_mask"]
    grad, x, weight = (
        node.operand(node[name], node.wide) for name in ("grad_output", "input", "weight")
    )
    found: list[Value | None] = [
        _of_image(node, grad, weight) if wanted[0] else None,
        _of_weights(node, grad, x) if wanted[1] else None,
    ]
    axes = [0, *range(2, node.rank("input"))]
    total = node.emit(red.Sum(False), grad, node.constant(axes)) if wanted[2] else None
    return [None if made is None else node.cast(made, node.wide) for made in (*found, total)]


def _of_image(node: TorchNode, grad: Value, weight: Value) -> Value:
    strides, pads, dilations = _moves(node)
    kernel, spatial, counts = (_spatial(node, n) for n in ("weight", "input", "grad_output"))
    over = _left_over(spatial, counts, kernel, strides, pads, dilations)
    operator = ConvTranspose(strides, pads * 2, dilations, node["groups"], output_padding=over)
    return node.emit(operator, grad, weight)


def _of_weights(node: TorchNode, grad: Value, x: Value) -> Value:
    """The convolution over the batch: the points of `grad` are its weights."""
    strides, pads, dilations = _moves(node)
    groups, rank = node["groups"], node.rank("input")
    batch, channels, *spatial = node.numbers(node.extents(node["input"]))
    own = channels // groups
    inner = tuple(range(3, 1 + rank))
    apart = node.reshape(x, [batch, groups, own, *spatial])
    image = node.transpose(apart, [2, 1, 0, *inner])
    image = node.reshape(image, [own, groups * batch, *spatial])
    filters = node.transpose(grad, [1, 0, *range(2, rank)])
    made = node.emit(Conv(dilations, pads * 2, strides, groups), image, filters)
    for axis, extent in enumerate(_spatial(node, "weight"), start=2):
        made = sliced(node, made, axis, 0, extent)
    return node.transpose(made, [1, 0, *range(2, rank)])


def _moves(node: TorchNode) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    rank = node.rank("weight") - 2
    strides, pads, dilations = (
        each_axis(node[name], rank) for name in ("stride", "padding", "dilation")
    )
    return strides, pads, dilations


def _spatial(node: TorchNode, name: str) -> list[int]:
    return node.numbers(node.extents(node[name])[2:])


def _left_over(
    spatial: Sequence[int],
    counts: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    dilations: Sequence[int],
) -> tuple[int, ...]:
    """The points at the end of each axis, padded, that no window reaches."""
    rows = zip(spatial, counts, kernel, strides, pads, dilations, strict=True)
    return tuple(n + 2 * p - ((count - 1) * s + d * (k - 1) + 1) for n, count, k, s, p, d in rows)


@converts("max_pool2d_with_indices_backward")
def _max_pool_backward(node: TorchNode) -> Value:
    """The gradients added at the places of the greatest points."""
    shape = node.numbers(node.shape)
    outer, space = shape[:-2], prod(shape[-2:])
    zeros = node.emit(Full(0.0, node.dtype), node.sizes.array([*outer, space]))
    flat = (node.reshape(node[name], [*outer, -1]) for name in ("indices", "grad_output"))
    found = node.emit(ScatterElements("add", len(outer)), zeros, *flat)
    return node.reshape(found, shape)


@converts("avg_pool2d_backward")
def _avg_pool_backward(node: TorchNode) -> Value:
    """Every gradient shared among the points of its window."""
    kernel, pads = each_axis(node["kernel_size"], 2), each_axis(node["padding"], 2)
    strides = each_axis(node["stride"] or list(kernel), 2)
    shape = node.numbers(node.shape)
    counts = node.numbers(node.extents(node["grad_output"]))[-2:]
    over = _left_over(shape[-2:], counts, kernel, strides, pads, (1, 1))
    if len(shape) != 4 or min(over) < 0 or (any(pads) and not node["count_include_pad"]):
        raise node.unsupported("windows within the image or its padding")
    share = 1 / (node["divisor_override"] or prod(kernel))
    weights = node.constant(np.full((shape[1], 1, *kernel), share), node.wide)
    operator = ConvTranspose(strides, pads * 2, (1, 1), shape[1], output_padding=over)
    return node.compute(operator, node["grad_output"], weights)


@converts("_scaled_dot_product_flash_attention_for_cpu_backward")
def _attention_backward(node: TorchNode) -> list[Value]:
    if node["dropout_p"]:
        raise node.unsupported("no random numbers: a model in eval mode")
    wide = node.wide
    grad, q, k, v, out, total = (
        node.operand(node[name], wide)
        for name in ("grad_out", "query", "key", "value", "out", "logsumexp")
    )
    queries, keys = node.extents(node["query"]), node.extents(node["key"])
    scale = node.constant(scale_of(node), wide)
    last = node.constant([-1])
    scores = node.emit(ar.Mul(), node.emit(MatMul(transpose_b=True), q, k), scale)
    scores = masked(node, scores, [queries[-2], keys[-2]])
    less = node.emit(ar.Sub(), scores, node.emit(Unsqueeze(), total, last))
    weights = node.emit(ar.Exp(), less)
    by_weight = node.emit(MatMul(transpose_b=True), grad, v)
    mean = node.emit(red.Sum(), node.emit(ar.Mul(), grad, out), last)
    inner = node.emit(ar.Mul(), weights, node.emit(ar.Sub(), by_weight, mean))
    inner = node.emit(ar.Mul(), inner, scale)
    found = [
        node.emit(MatMul(), inner, k),
        node.emit(MatMul(transpose_a=True), inner, q),
        node.emit(MatMul(transpose_a=True), weights, grad),
    ]
    return [node.cast(made, wide) for made in found]
