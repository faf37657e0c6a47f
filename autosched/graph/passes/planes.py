"""Results of contractions that windows read plane by plane are marked, to be computed with these.

    y = conv(x, w)                         y = conv(x, w)
    z = clip(y)                            z = clip(y)
    d = conv(z, v, groups=96)       ->     p = planes(z)
                                           d = conv(p, v, groups=96)

The kernel of both computes some channels of `z` and then these channels of `d`: `z` is neither
written to memory nor read by another core. The target says whether that is faster, from the
expressions of both, by which it knows how `d` reads `z`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autosched.graph.expression import expression
from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.groups import Group, grouped
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.operator import Undefined
from autosched.graph.operators.unchanged import Planes
from autosched.te.tensor import Tensor

Together = Callable[[Sequence[Tensor]], bool]
"""Whether one kernel of all that these tensors need is faster than one for each contraction."""


def planes(graph: Graph, together: Together) -> Graph:
    """See the module."""
    return marked(graph, _read_by_windows(graph, together))


def marked(graph: Graph, values: set[Value]) -> Graph:
    """The graph with some values computed with what reads them."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if values.isdisjoint(node.given):
            return None
        given = list(inputs)
        for place, value in enumerate(node.inputs):
            if value in values:
                names = [f"{value.name}.planes"]
                (given[place],) = builder.add(
                    Planes(), inputs[place], name=node.name, outputs=names
                )
        return builder.copy(node, given)

    return rewrite(graph, rule, TypedBuilder(graph.name)) if values else graph


def _read_by_windows(graph: Graph, together: Together) -> set[Value]:
    """The results of groups that begin with a contraction and are to be computed with a reader."""
    found: set[Value] = set()
    for group in grouped(graph):
        value = group.nodes[-1].outputs[0]
        readers = graph.users[value]
        is_read_once = len(readers) == 1 and value not in graph.outputs
        if group.nodes[0].operator.kind == "contraction" and is_read_once:
            (reader,) = readers
            if reader.operator.kind in ("contraction", "reduction"):
                try:
                    made = expression(Group([*group.nodes, reader]), graph)
                except Undefined:
                    continue
                if together(made.tensors[len(made.inputs) :]):
                    found.add(value)
    return found
