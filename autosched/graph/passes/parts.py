"""Parts of what a contraction computes become contractions with parts of the weights.

    y = matmul(x, w)                    a = add(matmul(x, w[:, :4]), bias[:4])
    z = add(y, bias)              ->    b = add(matmul(x, w[:, 4:]), bias[4:])
    a, b = split(z, [4, 4])

So nothing is copied, and what becomes of each part joins its kernel. It goes through reshapes,
transposes and elementwise nodes with constants. All readers of the whole take parts of it, with
no more elements together than the whole has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import movement as mv
from autosched.graph.operators.elementwise import Elementwise
from autosched.graph.operators.reduction import normalized
from autosched.graph.passes.arrangement import arranged, is_move, is_read_once, reshaped
from autosched.graph.passes.spelling import spelled


@dataclass(frozen=True)
class Part:
    """The elements from `start` to before `stop` along an axis."""

    axis: int
    start: int
    stop: int


def parts(graph: Graph) -> Graph:
    """See the module."""
    new: dict[Value, Value] = {}

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        new.update((a, b) for a, b in zip(node.inputs, inputs, strict=True) if a and b)
        wanted = _taken(node, graph)
        if not wanted or not _is_shared_out(node.given[0], graph):
            return None
        make = _Maker(graph, new, builder)
        made = [make.part(node.given[0], part) for part in wanted]
        return None if None in made else [value for value in made if value]

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _taken(node: Node, graph: Graph) -> list[Part]:
    """What the node takes of its first input; nothing for another node than a slice or a split."""
    kinds = [value.type for value in (*node.given[:1], *node.outputs)]
    if not node.given or any(kind is None or kind.names for kind in kinds):
        return []
    kind, *made = (each for each in kinds if each is not None)
    if not prod(kind.sizes):
        return []
    shapes = [each.sizes for each in made]
    if isinstance(node.operator, mv.Split):
        axis = normalized(node.operator.axis, kind.rank, "split")
        ends = np.cumsum([0, *(shape[axis] for shape in shapes)]).tolist()
        return [Part(axis, start, stop) for start, stop in pairwise(ends)]
    if not isinstance(node.operator, mv.Slice):
        return []
    if any(value not in graph.constants for value in node.given[1:]):
        return []
    limits: list[Any] = [value and graph.constants[value] for value in node.inputs[1:]]
    ranges = node.operator.ranges(kind.sizes, *limits)
    cut = [(axis, each) for axis, each in enumerate(ranges) if len(each) != kind.sizes[axis]]
    if len(cut) != 1 or any(each.step != 1 for each in ranges) or not prod(map(len, ranges)):
        return []
    ((axis, chosen),) = cut
    return [Part(axis, chosen.start, chosen.stop)]


def _is_shared_out(value: Value, graph: Graph) -> bool:
    """Whether all readers take parts of the value, no more than there is of it."""
    readers = graph.users[value]
    if value in graph.outputs or value.type is None or value.type.names:
        return False
    taken = [(reader, _taken(reader, graph)) for reader in readers]
    if not all(found and reader.given[0] is value for reader, found in taken):
        return False
    sizes = value.type.sizes
    total = sum((p.stop - p.start) / sizes[p.axis] for _, found in taken for p in found)
    return total <= 1


class _Maker:
    """Makes parts of the values of a graph in a new one, in which `new` stands for them."""

    def __init__(self, graph: Graph, new: dict[Value, Value], builder: GraphBuilder):
        self._graph = graph
        self._new = new
        self._builder = builder

    def part(self, value: Value, part: Part) -> Value | None:
        """The part of a value, from the contraction on; None where it does not come to that."""
        node = self._graph.producers.get(value)
        if node is None or len(node.outputs) > 1:
            return None
        if spelled(node) is not None:
            return self._contracted(node, part)
        if is_move(node):
            return self._moved(node, part)
        if isinstance(node.operator, Elementwise):
            return self._mapped(node, part)
        return None

    def _above(self, value: Value, part: Part) -> Value | None:
        return self.part(value, part) if is_read_once(value, self._graph) else None

    def _contracted(self, node: Node, part: Part) -> Value | None:
        """The contraction with the part of a constant that alone has the axis."""
        letters = spelled(node)
        assert letters is not None
        letter = letters.result[part.axis]
        given = [self._new[value] for value in node.given]
        having = [place for place, term in enumerate(letters.terms) if letter in term]
        (place,) = having if len(having) == 1 else (None,)
        if place is None or node.given[place] not in self._graph.constants:
            return None
        given[place] = self._cut(given[place], letters.terms[place].index(letter), part)
        return self._added(node, given)

    def _moved(self, node: Node, part: Part) -> Value | None:
        found = arranged([node])
        own = found.result[part.axis] if found is not None else []
        home = next((h for h in found.source if own and own[0] in h), []) if found else []
        if found is None or not own or home[: len(own)] != own:
            return None
        inner = prod(each.size for each in home[len(own) :])
        axis = found.source.index(home)
        above = self._above(node.given[0], Part(axis, part.start * inner, part.stop * inner))
        if above is None:
            return None
        if isinstance(node.operator, mv.Transpose):
            return self._added(node, [above])
        assert node.outputs[0].type is not None
        sizes = list(node.outputs[0].type.sizes)
        sizes[part.axis] = part.stop - part.start
        return reshaped(above, sizes, self._builder)

    def _mapped(self, node: Node, part: Part) -> Value | None:
        kind = node.outputs[0].type
        assert kind is not None
        given: list[Value | None] = []
        for value in node.inputs:
            made: Value | None = None
            if value is not None and value in self._graph.constants:
                made = self._constant(self._new[value], kind.rank, part)
            elif value is not None and value.type and value.type.shape == kind.shape:
                made = self._above(value, part)
            if value is not None and made is None:
                return None
            given.append(made)
        return self._added(node, given)

    def _constant(self, value: Value, rank: int, part: Part) -> Value:
        """The part of a constant that broadcasts to a value of `rank` axes."""
        kind = value.type
        assert kind is not None
        axis = part.axis - rank + kind.rank
        is_along = axis >= 0 and kind.sizes[axis] > 1
        return self._cut(value, axis, part) if is_along else value

    def _cut(self, value: Value, axis: int, part: Part) -> Value:
        array, kind = self._builder.known(value), value.type
        assert array is not None, "a constant has an array"
        assert kind is not None, "a constant has a type"
        chosen = (slice(None),) * axis + (slice(part.start, part.stop),)
        cut = np.ascontiguousarray(array[chosen])
        return self._builder.constant(cut, value.name, kind.with_shape(*cut.shape))

    def _added(self, node: Node, given: Sequence[Value | None]) -> Value:
        names = [f"{node.outputs[0].name}.part"]
        return self._builder.add(node.operator, *given, name=node.name, outputs=names)[0]
