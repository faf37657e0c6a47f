"""Fusion: the nodes that one kernel computes.

A group begins with a node of any kind. An elementwise node joins the group that computes one of
its inputs, where nothing else reads that input and it has the shape of the output: a bias, an
activation, a residual that is computed before. What a group computes in between is never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autosched.graph.graph import Graph, Node, Value

MAX_NODES = 24
"""Nodes of one group: a kernel of more is slow to build."""


@dataclass(eq=False)
class Group:
    """Nodes that one kernel computes, operands first."""

    nodes: list[Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        """That of the first node, and how many follow it."""
        more = len(self.nodes) - 1
        return self.nodes[0].name + f" +{more}" * bool(more)

    @property
    def inputs(self) -> list[Value]:
        """What the nodes read and do not compute, each once."""
        own = {value for node in self.nodes for value in node.outputs}
        read = dict.fromkeys(value for node in self.nodes for value in node.given)
        return [value for value in read if value not in own]

    def outputs(self, graph: Graph) -> list[Value]:
        """What others, or the caller, read of what the nodes compute."""
        own = set(self.nodes)
        return [
            value
            for node in self.nodes
            for value in node.outputs
            if value in graph.outputs or any(user not in own for user in graph.users[value])
        ]


def grouped(graph: Graph) -> list[Group]:
    """The groups of a bound graph, each after those whose results it reads."""
    return _Grouping(graph).groups()


class _Grouping:
    def __init__(self, graph: Graph):
        self._graph = graph
        self._group_of: dict[Node, Group] = {}

    def groups(self) -> list[Group]:
        for node in self._graph.nodes:
            group = self._joined(node) or Group()
            group.nodes.append(node)
            self._group_of[node] = group
        return self._ordered()

    def _joined(self, node: Node) -> Group | None:
        """The group that the node joins: the one of the heaviest first node."""
        if node.operator.kind != "elementwise" or len(node.outputs) > 1:
            return None
        found = [self._group_of[made] for made in self._joinable(node)]
        legal = [group for group in found if len(group.nodes) < MAX_NODES]
        legal = [group for group in legal if not self._is_read_on_the_way(group, node)]
        return max(
            legal, key=lambda group: group.nodes[0].operator.kind == "contraction", default=None
        )

    def _joinable(self, node: Node) -> list[Node]:
        """The nodes whose result this one alone reads, of the shape of its own."""
        kind = node.outputs[0].type
        made = []
        for value in node.given:
            producer = self._graph.producers.get(value)
            alone = value not in self._graph.outputs and len(self._graph.users[value]) == 1
            same = kind is not None and value.type is not None and value.type.shape == kind.shape
            if producer is not None and len(producer.outputs) == 1 and alone and same:
                made.append(producer)
        return made

    def _is_read_on_the_way(self, group: Group, node: Node) -> bool:
        """Whether another input of the node is computed from the group, outside of it."""
        seen: set[Group] = set()
        todo = [other for other in self._read_by([node]) if other is not group]
        while todo:
            other = todo.pop()
            if other is group:
                return True
            if other not in seen:
                seen.add(other)
                todo += self._read_by(other.nodes)
        return False

    def _read_by(self, nodes: Sequence[Node]) -> list[Group]:
        """The groups that compute what the nodes read, but for the nodes' own."""
        producers = (self._graph.producers.get(value) for node in nodes for value in node.given)
        found = dict.fromkeys(self._group_of[made] for made in producers if made is not None)
        own = {self._group_of.get(node) for node in nodes}
        return [group for group in found if group not in own]

    def _ordered(self) -> list[Group]:
        """The groups, operands first; by depth, on a stack of our own."""
        done: dict[Group, None] = {}
        for group in dict.fromkeys(self._group_of[node] for node in self._graph.nodes):
            stack = [group]
            while stack:
                waiting = [other for other in self._read_by(stack[-1].nodes) if other not in done]
                if waiting:
                    stack += waiting
                else:
                    done.setdefault(stack.pop())
        return list(done)
