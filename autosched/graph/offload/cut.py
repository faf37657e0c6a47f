"""The cheapest way to cut a network of pipes in two: a minimum cut, by the largest flow.

Edmonds and Karp's algorithm: flow is sent along shortest paths that have capacity left, until
there is none; what is still reached from the source is its side of the cut.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping

Node = Hashable
Capacities = Mapping[tuple[Node, Node], float]

NEVER = float("inf")
"""The capacity of an edge that must not be cut."""


def source_side(edges: Capacities, source: Node, sink: Node) -> set[Node]:
    """The nodes on the side of the source, such that the edges to the others cost least.

    Capacities are whole numbers, or NEVER. There is a cut of finite cost.
    """
    left: dict[Node, dict[Node, float]] = defaultdict(lambda: defaultdict(float))
    for (a, b), capacity in edges.items():
        left[a][b] += capacity
        left[b][a] += 0
    while True:
        before = _reached(left, source)
        if sink not in before:
            return set(before)
        path = list(_path(before, sink))
        room = min(left[a][b] for a, b in path)
        for a, b in path:
            left[a][b] -= room
            left[b][a] += room


def _reached(left: Mapping[Node, Mapping[Node, float]], source: Node) -> dict[Node, Node | None]:
    """The nodes that are reached over edges with capacity left, each with the one before it."""
    before: dict[Node, Node | None] = {source: None}
    waiting = deque([source])
    while waiting:
        node = waiting.popleft()
        for other, capacity in left[node].items():
            if capacity > 0 and other not in before:
                before[other] = node
                waiting.append(other)
    return before


def _path(before: Mapping[Node, Node | None], sink: Node) -> Iterable[tuple[Node, Node]]:
    """The edges of the way to the sink, the last first."""
    node = sink
    while (previous := before[node]) is not None:
        yield previous, node
        node = previous
