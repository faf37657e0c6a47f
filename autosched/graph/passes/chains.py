"""A product, a softmax of its rows and the product that reads these become one kernel.

    s = matmul(q, k)                          s = matmul(q, k)
    m = band(s)                               m = band(s)
    w = softmax(m)                     ->     p = planes(m)
    y = matmul(w, v)                          w = softmax(p)
                                              r = planes(w)
                                              y = matmul(r, v)

Blocks of rows go from one to the next in cache, as in `search/space/chain.py`: scores and weights
are not written to memory. The target says whether that is faster, from the expression of all.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from autosched.graph.expression import expression
from autosched.graph.graph import Graph, Node, Value
from autosched.graph.groups import MAX_NODES, Group, grouped
from autosched.graph.operators.operator import Undefined
from autosched.graph.passes.planes import Together, marked
from autosched.graph.views import views_of


def chains(graph: Graph, together: Together) -> Graph:
    """See the module."""
    groups = grouped(graph)
    group_of = {node: group for group in groups for node in group.nodes}
    views = views_of(graph).nodes
    found: set[Value] = set()
    for group in groups:
        if group.nodes[0].operator.kind == "contraction":
            links = _links(graph, group, group_of, views)
            if links and _is_faster(graph, links, together):
                found |= {link[-1].outputs[0] for link in links[:-1]}
    return marked(graph, found)


def _links(
    graph: Graph, group: Group, group_of: dict[Node, Group], views: Container[Node]
) -> list[list[Node]]:
    """The nodes of groups from a contraction to the next one, if each is read by the next alone.

    Views before a group count as its own.
    """
    links, kinds = [group.nodes], [group.nodes[0].operator.kind]
    while len(links) < 3:
        between: list[Node] = []
        value = links[-1][-1].outputs[0]
        while len(readers := graph.users[value]) == 1 and value not in graph.outputs:
            if readers[0] not in views:
                break
            between += readers
            value = readers[0].outputs[0]
        if len(readers) != 1 or value in graph.outputs:
            return []
        if group_of[readers[0]].nodes[0] is not readers[0]:
            return []
        kinds.append(readers[0].operator.kind)
        links.append([*between, *group_of[readers[0]].nodes])
    is_short = sum(map(len, links)) <= MAX_NODES
    return links if kinds == ["contraction", "reduction", "contraction"] and is_short else []


def _is_faster(graph: Graph, links: Sequence[Sequence[Node]], together: Together) -> bool:
    try:
        made = expression(Group([node for link in links for node in link]), graph)
    except Undefined:
        return False
    return together(made.tensors[len(made.inputs) :])
