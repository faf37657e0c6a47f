"""A batch normalization after a convolution becomes part of its weights and its bias.

    y = conv(x, w, b)                       y = conv(x, w * f, (b - mean) * f + shift)
    z = batch_norm(y, scale, shift,   ->    with f = scale / sqrt(variance + epsilon),
                   mean, variance)          one factor for each channel

It needs all of them to be constants, and nothing else to read y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.normalization import BatchNorm
from autosched.graph.passes.arrangement import is_read_once
from autosched.graph.passes.channels import changed
from autosched.graph.passes.matching import made_by


def fold_batch_norm(graph: Graph) -> Graph:
    """See the module."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        conv = made_by(inputs[0], Conv, builder) if inputs else None
        if not isinstance(node.operator, BatchNorm) or conv is None:
            return None
        known = [value and builder.known(value) for value in inputs[1:]]
        arrays = [array for array in known if isinstance(array, np.ndarray)]
        if not is_read_once(node.given[0], graph) or len(arrays) < len(known):
            return None
        if any(array.dtype != np.float32 for array in arrays):
            return None
        scale, shift, mean, variance = (array.astype(np.float64) for array in arrays)
        factor = scale / np.sqrt(variance + node.operator.epsilon)
        names = [value.name for value in node.outputs]
        return changed(conv, factor, shift - mean * factor, names, builder)

    return rewrite(graph, rule, TypedBuilder(graph.name))
