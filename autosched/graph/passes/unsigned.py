"""Activations that are quantized to int8 are quantized to uint8, with 128 more.

    q: int8 = quantize(x, s, z)                q: uint8 = quantize(x, s, z + 128)
    y = dequantize(q, s, z)             ->     y = dequantize(q, s, z + 128)

Processors multiply a uint8 with an int8 fastest, and weights are int8. It needs every reader of
the integers to dequantize them, with constant zero points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.quantization import Dequantize, Quantize
from autosched.ir.dtype import dtype


def unsigned(graph: Graph) -> Graph:
    """See the module."""
    moved = {
        node.outputs[0]
        for node in graph.nodes
        if isinstance(node.operator, Quantize) and _can_move(node, graph)
    }

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        operator = node.operator
        if isinstance(operator, Quantize) and node.outputs[0] in moved:
            operator = replace(operator, to=None)
        elif not isinstance(operator, Dequantize) or node.inputs[0] not in moved:
            return None
        zero = graph.constants[node.given[2]].astype(np.int16) + 128
        shifted = builder.constant(zero.astype(np.uint8), f"{node.name}.zero")
        name = node.outputs[0].name
        return builder.add(operator, *inputs[:2], shifted, name=node.name, outputs=[name])

    return rewrite(graph, rule, TypedBuilder(graph.name)) if moved else graph


def _can_move(node: Node, graph: Graph) -> bool:
    (value,) = node.outputs
    return (
        value.type is not None
        and value.type.dtype is dtype("int8")
        and value not in graph.outputs
        and all(
            len(user.given) == 3 and user.given[2] in graph.constants
            for user in (node, *graph.users[value])
        )
        and all(isinstance(user.operator, Dequantize) for user in graph.users[value])
    )
