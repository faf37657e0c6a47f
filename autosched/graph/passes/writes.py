"""Transposes after a contraction become the order in which it writes.

    y = matmul(x, w)                          h = einsum(x, w', equation="ac,cde->dae")
    z = add(y, bias)                    ->    t = add(h, bias')
    h = reshape(z, [s, heads, size])
    t = transpose(h, [1, 0, 2])

What is computed on the way with constants is computed in the new order. The innermost axis of the
right operand, or of the one that is constant, along which vectors run, stays the innermost that is
written. Where that leaves a transpose, all readers must be contractions: these read any order.
Axes of one point go; a reshape, which costs nothing, puts them back.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import movement as mv
from autosched.graph.operators.elementwise import Elementwise
from autosched.graph.passes.arrangement import (
    Arrangement,
    Part,
    arranged,
    carried,
    is_move,
    is_read_once,
    reshaped,
)
from autosched.graph.passes.spelling import Letters, Spelled, contracted, spelled


def writes(graph: Graph) -> Graph:
    """See the module."""
    new: dict[Value, Value] = {}

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        new.update((a, b) for a, b in zip(node.inputs, inputs, strict=True) if a and b)
        found = _Chain.up_to(node, graph)
        made = None if found is None else found.written(new, builder)
        return None if made is None else [made]

    return rewrite(graph, rule, TypedBuilder(graph.name))


class _Chain:
    """A contraction, what is computed of it alone with constants, and the moves after that."""

    def __init__(
        self,
        graph: Graph,
        contraction: Node,
        letters: Spelled,
        maps: Sequence[Node],
        moves: Sequence[Node],
        arrangement: Arrangement,
    ):
        self._graph = graph
        self._contraction = contraction
        self._letters = letters
        self._maps = maps
        self._moves = moves
        self._arrangement = arrangement

    @classmethod
    def up_to(cls, node: Node, graph: Graph) -> _Chain | None:
        """The chain that ends in this node; None for another node, and one that a move follows."""
        readers = graph.users[node.outputs[0]]
        is_end = node.outputs[0] in graph.outputs or not all(is_move(each) for each in readers)
        if not is_move(node) or not is_end:
            return None
        moves = [node]
        while is_move(above := _only(moves[0].given[0], graph)):
            assert above is not None
            moves.insert(0, above)
        found = arranged(moves)
        if found is None or found.is_view:
            return None
        maps: list[Node] = []
        source = moves[0].given[0]
        above = _only(source, graph)
        while above is not None and isinstance(above.operator, Elementwise):
            computed = [value for value in above.given if value not in graph.constants]
            if len(computed) != 1 or not _same_shape(computed[0], source):
                return None
            maps.insert(0, above)
            source = computed[0]
            above = _only(source, graph)
        letters = spelled(above)
        if above is None or letters is None:
            return None
        found.merge()
        return cls(graph, above, letters, maps, moves, found)

    def written(self, new: dict[Value, Value], builder: GraphBuilder) -> Value | None:
        """The result of the last move, written by the contraction where it is wanted."""
        found, end = self._arrangement, self._moves[-1].outputs[0]
        parts: Letters = dict(zip(self._letters.result, found.source, strict=True))
        stored = self._stored(parts)
        if stored != found.order and not self._is_for_contractions(end):
            return None
        if stored == [part for own in found.source for part in own]:
            return None
        node = self._contraction
        operands = [new[value] for value in node.given]
        made = contracted(node, self._letters.terms, operands, parts, stored, builder)
        if made is None:
            return None
        apart = [[part] for part in stored]
        for each in self._maps:
            given: list[Value | None] = []
            for value in each.inputs:
                is_constant = value in self._graph.constants
                there = value and (
                    carried(new[value], found.source, apart, builder) if is_constant else made
                )
                if value is not None and there is None:
                    return None
                given.append(there)
            (made,) = builder.add(each.operator, *given, name=each.name)
        if stored != found.order:
            order = tuple(stored.index(part) for part in found.order)
            (made,) = builder.add(mv.Transpose(order), made, name=f"{end.name}.moved")
        assert end.type is not None
        return reshaped(made, end.type.sizes, builder, end.name)

    def _is_for_contractions(self, value: Value) -> bool:
        """Whether contractions alone read a value."""
        readers = self._graph.users[value]
        return value not in self._graph.outputs and all(map(spelled, readers))

    def _stored(self, parts: Letters) -> list[Part]:
        """The order of the result, but with the innermost axis of the vector operand last."""
        order = self._arrangement.order
        constant = [value in self._graph.constants for value in self._contraction.given]
        right = 0 if constant == [True, False] else 1
        terms = self._letters.terms
        columns = [letter for letter in terms[right] if letter not in terms[1 - right]]
        inner = [part for letter in self._letters.result if letter in columns
                 for part in parts[letter]][-1:]  # fmt: skip
        return [part for part in order if part not in inner] + inner


def _only(value: Value, graph: Graph) -> Node | None:
    """The node that computes the value, if one node alone reads it."""
    return graph.producers.get(value) if is_read_once(value, graph) else None


def _same_shape(a: Value, b: Value) -> bool:
    return a.type is not None and b.type is not None and a.type.shape == b.type.shape
