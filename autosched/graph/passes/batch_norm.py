"""A batch normalization after a convolution becomes part of its weights and its bias.

    y = conv(x, w, b)                       y = conv(x, w * f, (b - mean) * f + shift)
    z = batch_norm(y, scale, shift,   ->    with f = scale / sqrt(variance + epsilon),
                   mean, variance)          one factor for each channel

The weights are multiplied in float64 and rounded once. It needs all of them to be constants, and
nothing else to read y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.normalization import BatchNorm


def fold_batch_norm(graph: Graph) -> Graph:
    """See the module."""
    outputs = set(graph.outputs)

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if not isinstance(node.operator, BatchNorm):
            return None
        source = node.given[0]
        if source in outputs or len(graph.users[source]) > 1:
            return None
        return _folded(node, inputs, builder)

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _folded(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    conv = builder.producer(inputs[0])
    if conv is None or not isinstance(conv.operator, Conv):
        return None
    known = [
        None if value is None else builder.known(value) for value in (*conv.inputs[1:], *inputs[1:])
    ]
    if any(array is None or array.dtype != np.float32 for array in known):
        return None
    wide = [np.asarray(array, np.float64) for array in known]
    weight, bias = wide[0], wide[1] if len(conv.inputs) > 2 else np.zeros(len(wide[0]))
    scale, shift, mean, variance = wide[-4:]
    assert isinstance(node.operator, BatchNorm)
    factor = scale / np.sqrt(variance + node.operator.epsilon)
    new_weight = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
    arrays = {"weight": new_weight, "bias": (bias - mean) * factor + shift}
    made = [
        builder.constant(array.astype(np.float32), f"{conv.name}.{what}")
        for what, array in arrays.items()
    ]
    names = [value.name for value in node.outputs]
    return builder.add(conv.operator, conv.given[0], *made, name=conv.name, outputs=names)
