"""Common subexpressions: two nodes of one operator and the same inputs are one.

So are two small constants of the same type and elements.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.operator import Operator

MOST_COMPARED = 1 << 12
"""Bytes of a constant up to which its elements are compared with those of others."""


def share(graph: Graph) -> Graph:
    """See the module."""
    known: dict[tuple[Operator, tuple[Value | None, ...]], Sequence[Value]] = {}
    constants: dict[object, Value] = {}

    def one(value: Value | None, builder: GraphBuilder) -> Value | None:
        array = None if value is None else builder.known(value)
        if value is None or array is None or array.nbytes > MOST_COMPARED:
            return value
        return constants.setdefault((value.type, array.tobytes()), value)

    def shared(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value]:
        given = tuple(one(value, builder) for value in inputs)
        key = node.operator, given
        if key not in known or len(known[key]) < len(node.outputs):
            known[key] = builder.copy(node, given)
        return known[key][: len(node.outputs)]

    return rewrite(graph, shared, TypedBuilder(graph.name))
