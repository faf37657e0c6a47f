"""What is done with a constant of each channel after a convolution becomes part of it.

    y = conv(x, w, b)
    z = mul(y, f)            ->    conv(x, w * f, b * f + s)
    o = add(z, s)

So are quotients and differences. The weights are multiplied in float64 and rounded once. It needs
weights and bias to be constants, and nothing else to read y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add, Div, Mul, Sub
from autosched.graph.operators.convolution import Conv
from autosched.graph.passes.arrangement import is_read_once
from autosched.graph.passes.matching import made_by

Array = np.ndarray


def channels(graph: Graph) -> Graph:
    """See the module."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if not isinstance(node.operator, Add | Sub | Mul | Div):
            return None
        for place in (0, 1):
            old, conv = node.inputs[place], made_by(inputs[place], Conv, builder)
            if conv is None or old is None or not is_read_once(old, graph):
                continue
            values = _each_channel(inputs[1 - place], node, builder)
            change = None if values is None else _change(node, values, is_first=place == 0)
            if change is not None:
                return changed(conv, *change, [node.outputs[0].name], builder)
        return None

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _each_channel(value: Value | None, node: Node, builder: GraphBuilder) -> Array | None:
    """The constant as one number, or one for each channel of the node's output."""
    kind = node.outputs[0].type
    array = None if value is None else builder.known(value)
    if array is None or array.dtype != np.float32 or kind is None or array.ndim > kind.rank:
        return None
    shape = (1,) * (kind.rank - array.ndim) + array.shape
    others = shape[:1] + shape[2:]
    return array.reshape(-1).astype(np.float64) if set(others) == {1} else None


def _change(node: Node, values: Array, is_first: bool) -> tuple[Array, Array] | None:
    """The factor and the shift of the node's other operand, the first or the second."""
    one, zero = np.ones(1), np.zeros(1)
    if isinstance(node.operator, Add):
        return one, values
    if isinstance(node.operator, Mul):
        return values, zero
    if isinstance(node.operator, Sub):
        return (one, -values) if is_first else (-one, values)
    return (1 / values, zero) if is_first and values.all() else None


def changed(
    conv: Node, factor: Array, shift: Array, names: Sequence[str], builder: GraphBuilder
) -> Sequence[Value] | None:
    """The convolution times a factor plus a shift, of all channels or each, in float64.

    None unless its weights and its bias are constants of float32.
    """
    known = [builder.known(value) for value in conv.given[1:]]
    if any(array is None or array.dtype != np.float32 for array in known):
        return None
    weight, *biases = (np.asarray(array, np.float64) for array in known)
    count = len(weight)
    bias = biases[0] if biases else np.zeros(count)
    wide = np.broadcast_to(factor, count).reshape(-1, *[1] * (weight.ndim - 1))
    arrays = {"weight": weight * wide, "bias": bias * factor + shift}
    made = [
        builder.constant(array.astype(np.float32), f"{conv.name}.{what}")
        for what, array in arrays.items()
    ]
    return builder.add(conv.operator, conv.given[0], *made, name=conv.name, outputs=names)
