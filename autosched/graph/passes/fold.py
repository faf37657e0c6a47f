"""Constant folding: what depends on constants and shapes alone is computed once, here.

    s = shape(x)
    c = concat(s, k)      ->     c: int64[2] = constant [1, 64]
    y = reshape(x, c)            y = reshape(x, c)

A large result that is larger than all it is made of, such as an expanded constant, stays a node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from autosched.graph.evaluate import computed
from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder, of_shape
from autosched.graph.operators.shapes import Shape, Size
from autosched.graph.types import TensorType

ALWAYS_FOLDED = 1 << 12
"""Elements up to which a result becomes a constant even if what it is made of is smaller."""


def fold(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _folded, TypedBuilder(graph.name))


def _folded(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    given = [value for value in inputs if value is not None]
    if isinstance(node.operator, Shape | Size):
        found = of_shape(node.operator, given[0])
        return None if found is None else [builder.constant(found, node.outputs[0].name)]
    arrays = {value: builder.known(value) for value in given}
    known = {value: array for value, array in arrays.items() if array is not None}
    if len(known) < len(arrays) or not _is_small(node, known):
        return None
    elements = {value: value.type.dtype for value in given if value.type is not None}
    made = computed(Node(node.operator, tuple(inputs), node.outputs, node.name), known, elements)
    return [
        builder.constant(np.asarray(array, order="C"), value.name, TensorType(element, array.shape))
        for value, array, element in made
    ]


def _is_small(node: Node, known: Mapping[Value, np.ndarray]) -> bool:
    """Whether the outputs are of known sizes, and small or no larger than the inputs."""
    total = 0
    for value in node.outputs:
        if value.type is None or value.type.names:
            return False
        total += value.type.elements
    return total <= max(ALWAYS_FOLDED, sum(array.size for array in known.values()))
