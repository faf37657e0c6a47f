"""Transposes before a contraction go: it reads its operands where they lie.

    t = transpose(k, [0, 2, 1])       ->    p = einsum(q, k, equation="abc,adc->abd")
    p = matmul(q, t)

An operand is packed into the order of the kernel anyway. Axes of one point go; a reshape, which
costs nothing, puts them back.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.passes.arrangement import Arrangement, Part, arranged, is_move, reshaped
from autosched.graph.passes.spelling import contracted, spelled


def reads(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _read_in_place, TypedBuilder(graph.name))


def _read_in_place(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    letters, kind = spelled(node), node.outputs[0].type
    values = [value for value in inputs if value is not None]
    if letters is None or kind is None or kind.names or not kind.elements:
        return None
    sizes = dict(zip(letters.result, kind.sizes, strict=True))
    parts = {letter: [Part(size)] if size > 1 else [] for letter, size in sizes.items()}
    terms, operands = list(letters.terms), list(values)
    for place, (term, value) in enumerate(zip(letters.terms, values, strict=True)):
        moved = _moved(value, builder)
        if moved is None:
            continue
        source, found = moved
        names = {own[0]: letter for letter, own in zip(term, found.result, strict=True) if own}
        order = [part for own in found.source for part in own]
        terms[place] = "".join(names[part] for part in order)
        operands[place] = reshaped(source, [part.size for part in order], builder)
    if terms == list(letters.terms):
        return None
    order = [part for own in parts.values() for part in own]
    made = contracted(node, terms, operands, parts, order, builder)
    return None if made is None else [reshaped(made, kind.sizes, builder, node.outputs[0].name)]


def _moved(value: Value, builder: GraphBuilder) -> tuple[Value, Arrangement] | None:
    """What an operand is moved from; None where it is not transposed, or an axis is of parts."""
    chain: list[Node] = []
    node = builder.producer(value)
    while node is not None and is_move(node):
        chain.insert(0, node)
        node = builder.producer(node.given[0])
    found = arranged(chain) if chain else None
    if found is None or found.is_view:
        return None
    found.merge()
    return None if any(len(own) > 1 for own in found.result) else (chain[0].given[0], found)
