"""What is done with a constant of each channel after a convolution becomes part of it.

    y = conv(x, w, b)
    z = mul(y, f)            ->    conv(x, w * f, b * f + s)
    o = add(z, s)

So are quotients, differences and batch normalizations, and so it is with transposed convolutions.
The weights are multiplied in float64 and rounded once. It needs weights and bias to be constants,
and nothing else to read y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add, Div, Mul, Sub
from autosched.graph.operators.convolution import Conv, ConvTranspose
from autosched.graph.operators.normalization import BatchNorm
from autosched.graph.operators.operator import Operator
from autosched.graph.passes.arrangement import is_read_once
from autosched.graph.passes.matching import made_by

Array = np.ndarray


def channels(graph: Graph) -> Graph:
    """See the module."""
    return joined(graph, (Add, Sub, Mul, Div, BatchNorm))


def joined(graph: Graph, kinds: tuple[type[Operator], ...]) -> Graph:
    """The graph with nodes of these kinds as parts of the convolutions before them."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if not isinstance(node.operator, kinds):
            return None
        for place in range(1 if isinstance(node.operator, BatchNorm) else 2):
            old, conv = node.inputs[place], made_by(inputs[place], (Conv, ConvTranspose), builder)
            if conv is None or old is None or not is_read_once(old, graph):
                continue
            change = _change(node, inputs, place, builder)
            if change is not None:
                return _changed(conv, *change, [value.name for value in node.outputs], builder)
        return None

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _change(
    node: Node, inputs: Sequence[Value | None], place: int, builder: GraphBuilder
) -> tuple[Array, Array] | None:
    """The factor and the shift of each channel of the input at a place; None if not constant."""
    if isinstance(node.operator, BatchNorm):
        return _normalized(node.operator, inputs[1:], builder)
    values = _each_channel(inputs[1 - place], node, builder)
    return None if values is None else _by_operand(node, values, is_first=place == 0)


def _normalized(
    operator: BatchNorm, given: Sequence[Value | None], builder: GraphBuilder
) -> tuple[Array, Array] | None:
    known = [value and builder.known(value) for value in given]
    arrays = [array for array in known if isinstance(array, np.ndarray)]
    if len(arrays) < len(known) or any(array.dtype != np.float32 for array in arrays):
        return None
    scale, shift, mean, variance = (array.astype(np.float64) for array in arrays)
    factor = scale / np.sqrt(variance + operator.epsilon)
    return factor, shift - mean * factor


def _each_channel(value: Value | None, node: Node, builder: GraphBuilder) -> Array | None:
    """The constant as one number, or one for each channel of the node's output."""
    kind = node.outputs[0].type
    array = None if value is None else builder.known(value)
    if array is None or array.dtype != np.float32 or kind is None or array.ndim > kind.rank:
        return None
    shape = (1,) * (kind.rank - array.ndim) + array.shape
    others = shape[:1] + shape[2:]
    return array.reshape(-1).astype(np.float64) if set(others) == {1} else None


def _by_operand(node: Node, values: Array, is_first: bool) -> tuple[Array, Array] | None:
    """The factor and the shift of the node's other operand, the first or the second."""
    one, zero = np.ones(1), np.zeros(1)
    if isinstance(node.operator, Add):
        return one, values
    if isinstance(node.operator, Mul):
        return values, zero
    if isinstance(node.operator, Sub):
        return (one, -values) if is_first else (-one, values)
    return (1 / values, zero) if is_first and values.all() else None


def _changed(
    conv: Node, factor: Array, shift: Array, names: Sequence[str], builder: GraphBuilder
) -> Sequence[Value] | None:
    """The convolution times a factor plus a shift, of all channels or each, in float64.

    None unless its weights and its bias are constants of float32.
    """
    known = [builder.known(value) for value in conv.given[1:]]
    if any(array is None or array.dtype != np.float32 for array in known):
        return None
    weight, *biases = (np.asarray(array, np.float64) for array in known)
    by_output = _by_output(conv.operator, weight)
    count = by_output.shape[0] * by_output.shape[2]
    bias = biases[0] if biases else np.zeros(count)
    wide = np.broadcast_to(factor, count).reshape(by_output.shape[0], 1, -1, 1)
    arrays = {"weight": (by_output * wide).reshape(weight.shape), "bias": bias * factor + shift}
    made = [
        builder.constant(array.astype(np.float32), f"{conv.name}.{what}")
        for what, array in arrays.items()
    ]
    return builder.add(conv.operator, conv.given[0], *made, name=conv.name, outputs=names)


def _by_output(operator: Operator, weight: Array) -> Array:
    """The weights with axes of groups, inputs, outputs of a group, and points.

    A convolution has its outputs first, and all else in the last axis.
    """
    if isinstance(operator, ConvTranspose):
        return weight.reshape(operator.groups, -1, weight.shape[1], weight[0, 0].size)
    return weight.reshape(1, 1, len(weight), -1)
