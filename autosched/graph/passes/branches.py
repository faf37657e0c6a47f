"""A branch whose condition is known takes the place of its `if`.

    c = equal(s, k)                        s and k are constants or follow from shapes
    y = if(c, x, then, otherwise)    ->    y = neg(x), which is `then`

What decides a condition may be a size, so it is known once sizes are bound. So is the graph that an
operator stands for, which takes its place too.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.control import Expanded, If


def branches(graph: Graph) -> Graph:
    """See the module."""
    builder = TypedBuilder(graph.name)

    def chosen(
        node: Node, inputs: Sequence[Value | None], _: GraphBuilder
    ) -> Sequence[Value] | None:
        if isinstance(node.operator, Expanded):
            types = [value.type for value in inputs if value is not None]
            known = [kind for kind in types if kind is not None]
            return inlined(node.operator.graph(*known), inputs)
        if not isinstance(node.operator, If) or inputs[0] is None:
            return None
        condition = builder.small(inputs[0])
        if condition is None:
            return None
        branch = node.operator.chosen(condition)
        return inlined(branch, inputs[1:])[: len(node.outputs)]

    def inlined(branch: Graph, given: Sequence[Value | None]) -> list[Value]:
        new: dict[Value, Value | None] = dict(zip(branch.inputs, given, strict=True))
        for value, array in branch.constants.items():
            new[value] = builder.constant(array, value.name, value.type)
        for node in branch.nodes:
            inputs = [None if value is None else new[value] for value in node.inputs]
            made = chosen(node, inputs, builder)
            new.update(zip(node.outputs, made or builder.copy(node, inputs), strict=True))
        found = [new[value] for value in branch.outputs]
        return [value for value in found if value is not None]

    return rewrite(graph, chosen, builder)
