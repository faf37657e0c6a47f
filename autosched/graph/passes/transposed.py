"""A transposed convolution is a convolution, of which each place gives a block of the result.

    y = conv_transpose(x, w, strides=[2, 2])   ->   p = conv(x, v)       4 times the channels
                                                    y = its blocks of 2 x 2 in their places

A place of the result reads every second point of the kernel along an axis of stride 2, the first
or the second ones: `v` has both as channels of their own, one after another. No product by the
zeros between the points of `x` is left (see `autosched.ops.phases`). It needs constant weights, and
along each axis a stride or a dilation of 1: phases begin at places of their own otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.convolution import Conv, ConvTranspose
from autosched.graph.operators.movement import Slice, Transpose
from autosched.graph.operators.reshaping import Reshape
from autosched.ops.phases import Phases

Sizes = tuple[int, ...]


def transposed(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _replaced, TypedBuilder(graph.name))


def _replaced(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    operator, (x, given, *more) = node.operator, inputs if len(inputs) > 1 else (None, None)
    weight = None if given is None else builder.known(given)
    if not isinstance(operator, ConvTranspose) or x is None or x.type is None or weight is None:
        return None
    if x.type.names or 0 in x.type.shape:
        return None
    sides = operator.phases(x.type.sizes, weight.shape)
    if any(min(side.stride, side.dilation) > 1 for side in sides):
        return None
    before = [-side.offset for side in sides]
    after = [side.needed - side.extent - at for side, at in zip(sides, before, strict=True)]
    if min(*before, *after) < 0:
        return None
    strides = tuple(side.stride for side in sides)
    blocks = prod(strides)
    arrays = [_phases(weight, operator.groups, strides, tuple(side.taps for side in sides))]
    if more and more[0] is not None:
        bias = builder.known(more[0])
        if bias is None:
            return None
        arrays.append(np.repeat(bias, blocks))
    constants = [builder.constant(array, f"{node.name}.phases") for array in arrays]
    conv = Conv(pads=(*before, *after), dilations=operator.dilations, groups=operator.groups)
    made = builder.add(conv, x, *constants, name=node.name)[0]
    outer = (x.type.sizes[0], weight.shape[1] * operator.groups)
    return [_placed(node, made, outer, sides, builder)]


def _phases(weight: np.ndarray, groups: int, strides: Sizes, taps: Sizes) -> np.ndarray:
    """The weights (co * blocks, ci / groups, taps ...) of the convolution."""
    ci, per_group, *kernel = weight.shape
    rank = len(kernel)
    whole = np.zeros((ci, per_group, *(t * s for t, s in zip(taps, strides, strict=True))))
    whole[(slice(None), slice(None), *(slice(0, k) for k in kernel))] = weight
    found = np.stack(
        [
            np.flip(whole[_every(at, strides)], axis=tuple(range(2, 2 + rank)))
            for at in product(*map(range, strides))
        ],
        axis=2,
    )  # ci, co / groups, blocks, taps
    found = found.reshape(groups, ci // groups, per_group, prod(strides), *taps)
    order = (0, 2, 3, 1, *range(4, 4 + rank))
    shape = (groups * per_group * prod(strides), ci // groups, *taps)
    return np.ascontiguousarray(found.transpose(order).reshape(shape), weight.dtype)


def _every(first: Sizes, steps: Sizes) -> tuple[slice, ...]:
    """Every point of the channels, and of each axis those of a step from the first on."""
    own = (slice(start, None, step) for start, step in zip(first, steps, strict=True))
    return (slice(None), slice(None), *own)


def _placed(
    node: Node, made: Value, outer: Sizes, sides: Sequence[Phases], builder: GraphBuilder
) -> Value:
    """The blocks of each place put beside those of others, and what is too much cut off."""

    def add(operator: Reshape | Transpose | Slice, x: Value, *static: Sequence[int]) -> Value:
        constants = [builder.constant(np.array(s, np.int64), f"{node.name}.shape") for s in static]
        return builder.add(operator, x, *constants, name=node.name)[0]

    strides, places = [side.stride for side in sides], [side.count for side in sides]
    rank, whole = len(sides), [side.count * side.stride for side in sides]
    if prod(strides) > 1:
        blocks = add(Reshape(), made, (*outer, *strides, *places))
        pairs = [axis for n in range(rank) for axis in (2 + rank + n, 2 + n)]
        made = add(Reshape(), add(Transpose((0, 1, *pairs)), blocks), (*outer, *whole))
    counts = [side.output for side in sides]
    starts = [side.cropped - side.first * side.stride for side in sides]
    if whole == counts and not any(starts):
        return made
    ends = [start + n for start, n in zip(starts, counts, strict=True)]
    return add(Slice(), made, starts, ends, range(2, 2 + rank))
