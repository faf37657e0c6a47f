"""Fusion: the nodes that one kernel computes.

A group begins with a node of any kind, and grows downwards. It takes the elementwise nodes up to
the first that everything from its result runs through, its post-dominator, if all of them have
the shape of the result:

    y = conv(x, w)
    s = sigmoid(y)      y is read twice, and what comes of it meets in z: all three are one group
    z = mul(y, s)
    o = add(z, r)       so is this one; r is computed before

A result that is marked is computed with its reader, and with what the group of that takes
(`passes/planes.py`):

    y = conv(x, w)
    p = planes(y)       the group of y goes on
    z = conv(p, v)

What a group computes in between is never stored, or block by block. A concatenation whose parts
are written in their places has nothing to compute, and no followers. Contractions grow first, then
reductions, so that an elementwise node of two operands joins the heavier of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from autosched.graph.graph import Graph, Node, Value
from autosched.graph.operators.movement import Concat
from autosched.graph.operators.operator import Kind
from autosched.graph.operators.unchanged import Planes
from autosched.graph.types import TensorType
from autosched.graph.views import views_of

MAX_NODES = 24
"""Nodes of one group: a kernel of more is slow to build."""

ORDER: tuple[Kind, ...] = ("contraction", "reduction", "movement", "elementwise", "opaque")
"""Which kinds of nodes grow first."""


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
    grouping = _Grouping(graph)
    for kind in ORDER:
        for node in graph.nodes:
            if node.operator.kind == kind:
                grouping.grow(node)
    return grouping.ordered()


class _Grouping:
    def __init__(self, graph: Graph):
        self._graph = graph
        self._places = {node: place for place, node in enumerate(graph.nodes)}
        self._group_of: dict[Node, Group] = {}
        self._views = views_of(graph).nodes

    def grow(self, node: Node) -> None:
        """The group that begins with the node, unless that has one already."""
        if node in self._group_of:
            return
        group = Group([node])
        while len(group.nodes[-1].outputs) == 1 and not self._is_put_together(node):
            value = group.nodes[-1].outputs[0]
            following = self._following(value) or self._reader_of_planes(value)
            if not following or len(group.nodes) + len(following) > MAX_NODES:
                break
            group.nodes += following
        self._group_of.update(dict.fromkeys(group.nodes, group))

    def _is_put_together(self, node: Node) -> bool:
        """Whether a node is a concatenation of what others write in its place."""
        return isinstance(node.operator, Concat) and node in self._views

    def _following(self, value: Value) -> list[Node]:
        """The elementwise nodes from the readers of a value to their post-dominator.

        None if another node is on the way, or one that has a group: then the value is stored.
        """
        todo = [(self._places[user], user) for user in self._graph.users[value]]
        if value in self._graph.outputs or value.type is None or not todo:
            return []
        todo.sort()
        found: list[Node] = []
        while todo:
            _, node = heappop(todo)
            if not self._is_pointwise(node, value.type) or len(found) > MAX_NODES:
                return []
            found.append(node)
            if not todo:
                return found
            if node.outputs[0] in self._graph.outputs:
                return []
            for user in self._graph.users[node.outputs[0]]:
                if (self._places[user], user) not in todo:
                    heappush(todo, (self._places[user], user))
        return []

    def _reader_of_planes(self, value: Value) -> list[Node]:
        """The node that reads a marked value, after the views from `value` to it."""
        found: list[Node] = []
        while len(readers := self._graph.users[value]) == 1 and value not in self._graph.outputs:
            (node,) = readers
            if node not in self._views:
                is_marked = any(isinstance(each.operator, Planes) for each in found)
                return [*found, node] if is_marked and node not in self._group_of else []
            found.append(node)
            value = node.outputs[0]
        return []

    def _is_pointwise(self, node: Node, wanted: TensorType) -> bool:
        """Whether the node is elementwise, of this shape, and in no group yet."""
        kind = node.outputs[0].type
        return (
            node.operator.kind == "elementwise"
            and len(node.outputs) == 1
            and node not in self._group_of
            and kind is not None
            and kind.shape == wanted.shape
        )

    def ordered(self) -> list[Group]:
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

    def _read_by(self, nodes: Sequence[Node]) -> list[Group]:
        """The groups that compute what the nodes read, but for the nodes' own."""
        producers = (self._graph.producers.get(value) for node in nodes for value in node.given)
        found = dict.fromkeys(self._group_of[made] for made in producers if made is not None)
        own = {self._group_of.get(node) for node in nodes}
        return [group for group in found if group not in own]
