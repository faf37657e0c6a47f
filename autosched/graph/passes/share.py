"""Common subexpressions: two nodes of one operator and the same inputs are one."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.operator import Operator


def share(graph: Graph) -> Graph:
    """See the module."""
    known: dict[tuple[Operator, tuple[Value | None, ...]], Sequence[Value]] = {}

    def shared(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value]:
        key = node.operator, tuple(inputs)
        if key not in known or len(known[key]) < len(node.outputs):
            known[key] = builder.copy(node, inputs)
        return known[key][: len(node.outputs)]

    return rewrite(graph, shared, TypedBuilder(graph.name))
