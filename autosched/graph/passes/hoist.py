"""Elementwise nodes move before reshapes and transposes of what a contraction computes.

    y = matmul(x, w)                    y = matmul(x, w)
    r = reshape(y, [2, 3, 4])           z = add(y, reshape(bias, [3, 4]))
    z = add(r, bias)              ->    r = reshape(z, [2, 3, 4])
    t = transpose(z, [1, 0, 2])         ...

So they join the contraction's kernel, and the moves are next to each other. The other operands are
constants, or values that a reshape alone brings into the shape before. A transpose that others
read too stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import movement as mv
from autosched.graph.operators.elementwise import Elementwise
from autosched.graph.passes.arrangement import arranged, carried, is_move, is_read_once
from autosched.graph.types import TensorType

Known = dict[Value, bool]
"""Whether a contraction computes each value, as far as it was asked for."""


def hoist(graph: Graph) -> Graph:
    """See the module."""
    old: dict[Value, Value] = {}
    known: Known = {}

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        old.update((b, a) for a, b in zip(node.inputs, inputs, strict=True) if a and b)
        if not isinstance(node.operator, Elementwise):
            return None
        if any(value and _is_joined(value, node, builder, known) for value in inputs):
            return None
        for value in dict.fromkeys(inputs):
            chain = [] if value is None else _moves(value, node.outputs[0].type, builder)
            moved = [move.outputs[0] for move in chain if isinstance(move.operator, mv.Transpose)]
            alone = all(is_read_once(old[v], graph) for v in moved if v in old)
            if chain and alone and _is_of_contraction(chain[0].given[0], builder, known):
                made = _hoisted(node, inputs, chain, builder)
                if made is not None:
                    return [made]
        return None

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _is_joined(value: Value, reader: Node, builder: GraphBuilder, known: Known) -> bool:
    """Whether the reader can join the contraction that computes the value as it is."""
    kinds = value.type, reader.outputs[0].type
    same = all(kinds) and kinds[0].shape == kinds[1].shape  # type: ignore[union-attr]
    return same and _is_of_contraction(value, builder, known)


def _moves(value: Value, wanted: TensorType | None, builder: GraphBuilder) -> list[Node]:
    """The moves that make the value, first to last, if it has the shape that is wanted."""
    chain: list[Node] = []
    if value.type is None or wanted is None or value.type.shape != wanted.shape:
        return chain
    node = builder.producer(value)
    while node is not None and is_move(node):
        chain.insert(0, node)
        node = builder.producer(node.given[0])
    return chain


def _is_of_contraction(value: Value, builder: GraphBuilder, known: Known) -> bool:
    """Whether a contraction computes the value, but for elementwise nodes that follow it."""
    passed = []
    while value not in known:
        passed.append(value)
        node = builder.producer(value)
        if node is None or not isinstance(node.operator, Elementwise):
            known[value] = node is not None and node.operator.kind == "contraction"
            break
        shape = node.outputs[0].type and node.outputs[0].type.shape
        full = [v for v in node.given if v.type and v.type.shape == shape]
        computed = [v for v in full if builder.producer(v) is not None]
        if not computed:
            known[value] = False
            break
        value = computed[0]
    known.update(dict.fromkeys(passed, known[value]))
    return known[value]


def _hoisted(
    node: Node, inputs: Sequence[Value | None], chain: Sequence[Node], builder: GraphBuilder
) -> Value | None:
    """The moves of the node, computed of what the moves read; None where an operand is not so."""
    found = arranged(chain)
    if found is None:
        return None
    source, end = chain[0].given[0], chain[-1].outputs[0]
    given: list[Value | None] = []
    for value in inputs:
        if value is None or value is end:
            given.append(None if value is None else source)
            continue
        there = carried(value, found.result, found.source, builder)
        if there is None:
            return None
        given.append(there)
    name = node.outputs[0].name
    (made,) = builder.add(node.operator, *given, name=node.name, outputs=[f"{name}.unmoved"])
    for move in chain[:-1]:
        (made,) = builder.add(move.operator, made, *move.inputs[1:], name=f"{name}.moved")
    return builder.add(chain[-1].operator, made, *chain[-1].inputs[1:], name=name)[0]
