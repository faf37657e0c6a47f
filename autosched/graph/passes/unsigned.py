"""Activations that are quantized to int8 are quantized to uint8, with 128 more.

    q: int8 = quantize(x, s, z)                q: uint8 = quantize(x, s, z + 128)
    p: int8 = max_pool(q)               ->     p: uint8 = max_pool(q)
    y = dequantize(p, s, z)                    y = dequantize(p, s, z + 128)

Processors multiply a uint8 with an int8 fastest, and weights are int8. It needs every reader of
the integers to dequantize or centre them, with constant zero points, or to move or choose some
for such readers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.movement import Concat
from autosched.graph.operators.quantization import Center, Dequantize, Quantize
from autosched.graph.passes.quantize import CHOOSING
from autosched.ir.dtype import dtype


def unsigned(graph: Graph) -> Graph:
    """See the module."""
    moved = _movable(graph)

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        operator, names = node.operator, [value.name for value in node.outputs]
        if moved.isdisjoint((*node.outputs, *node.given)):
            return None
        if isinstance(operator, CHOOSING):
            return builder.add(operator, *inputs, name=node.name, outputs=names)
        if isinstance(operator, Quantize):
            operator = replace(operator, to=None)
        place = _zero_place(node)
        zero = graph.constants[node.given[place]] if len(node.given) > place else np.int8(0)
        shifted = (np.asarray(zero, np.int16) + 128).astype(np.uint8)
        point = builder.constant(shifted, f"{node.name}.zero")
        return builder.add(operator, *inputs[:place], point, name=node.name, outputs=names)

    return rewrite(graph, rule, TypedBuilder(graph.name)) if moved else graph


def _movable(graph: Graph) -> set[Value]:
    """The int8 values, made by quantizing or chosen among such, all of whose readers allow it."""
    found = {
        value
        for node in graph.nodes
        for value in node.outputs
        if value.type is not None
        and value.type.dtype is dtype("int8")
        and value not in graph.outputs
    }
    while True:
        staying = {
            value
            for node in graph.nodes
            for value in (*node.outputs, *node.given)
            if value in found and not _is_shifted(node, graph, found)
        }
        if not staying:
            return found
        found -= staying


def _is_shifted(node: Node, graph: Graph, moved: Collection[Value]) -> bool:
    """Whether a node that makes or reads moved values can take 128 more of each."""
    if isinstance(node.operator, CHOOSING):
        sources = node.given if isinstance(node.operator, Concat) else node.given[:1]
        return all(value in moved for value in (*sources, *node.outputs))
    if not isinstance(node.operator, Quantize | Dequantize | Center):
        return False
    zero = node.given[_zero_place(node) :]
    return all(value in graph.constants for value in zero)


def _zero_place(node: Node) -> int:
    """The place of the zero point among the inputs."""
    return 1 if isinstance(node.operator, Center) else 2
