"""What only moves elements: shapes, orders, parts, padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.frontend.stablehlo.node import HloNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import movement as mv


@converts("reshape")
def _reshape(node: HloNode) -> Value:
    return node.reshape(node.inputs[0], node.type.sizes)


@converts("transpose")
def _transpose(node: HloNode) -> Value:
    return node.transpose(node.inputs[0], node.numbers("permutation"))


@converts("broadcast_in_dim")
def _broadcast_in_dim(node: HloNode) -> Value:
    x, axes = node.inputs[0], node.numbers("broadcast_dimensions")
    order = sorted(range(len(axes)), key=axes.__getitem__)
    shape = [1] * node.type.rank
    for axis, size in zip(axes, node.shape(x), strict=True):
        shape[axis] = size
    return node.expand(node.reshape(node.transpose(x, order), shape), node.type.sizes)


@converts("concatenate")
def _concatenate(node: HloNode) -> Value:
    return node.emit(mv.Concat(node.number("dimension")), *node.inputs)


@converts("slice")
def _slice(node: HloNode) -> Value:
    starts, ends = node.numbers("start_indices"), node.numbers("limit_indices")
    steps = node.numbers("strides")
    given = (starts, ends, list(range(len(starts))), steps)
    return node.emit(mv.Slice(), node.inputs[0], *map(node.constant, given))


@converts("reverse")
def _reverse(node: HloNode) -> Value:
    axes = node.numbers("dimensions")
    least = np.iinfo(np.int64).min
    given = [-1] * len(axes), [least] * len(axes), axes, [-1] * len(axes)
    return node.emit(mv.Slice(), node.inputs[0], *map(node.constant, given))


@converts("pad")
def _pad(node: HloNode) -> Value:
    x, value = node.inputs
    x = with_gaps(node, x, value, node.numbers("interior_padding"))
    counts = [*node.numbers("edge_padding_low"), *node.numbers("edge_padding_high")]
    return node.emit(mv.Pad(), x, node.constant(counts), value)


def with_gaps(node: HloNode, x: Value, value: Value, gaps: Sequence[int]) -> Value:
    """`x` with as many copies of the value between its elements along each axis."""
    for axis, gap in enumerate(gaps):
        shape = list(node.shape(x))
        if not gap or shape[axis] < 2:
            continue
        rank, size = len(shape), shape[axis]
        x = node.reshape(x, [*shape[: axis + 1], 1, *shape[axis + 1 :]])
        counts = [0] * (2 * rank + 2)
        counts[rank + 2 + axis] = gap  # after each element
        x = node.emit(mv.Pad(), x, node.constant(counts), value)
        shape[axis] = size * (1 + gap)
        x = node.reshape(x, shape)
        given = (0, shape[axis] - gap, axis)
        x = node.emit(mv.Slice(), x, *(node.constant([n]) for n in given))
    return x


@converts("iota")
def _iota(node: HloNode) -> Value:
    axis, shape = node.number("iota_dimension"), node.type.sizes
    along = [-1 if place == axis else 1 for place in range(len(shape))]
    steps = np.arange(shape[axis]).astype(node.type.dtype.numpy).reshape(along)
    return node.expand(node.constant(steps, node.type.dtype), shape)
