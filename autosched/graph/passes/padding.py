"""Zeros put around an image before a convolution or a mean of windows become their own padding.

p = pad(x, [0, 0, 1, 1, 0, 0, 1, 1])
y = conv(p, w)                          ->    y = conv(x, w, pads=[1, 1, 1, 1])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.movement import Pad
from autosched.graph.operators.pooling import AveragePool
from autosched.graph.passes.matching import made_by, number


def padding(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _padded, TypedBuilder(graph.name))


def _padded(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    operator = node.operator
    if not isinstance(operator, Conv | AveragePool):
        return None
    around = _zeros_around(inputs[0], builder)
    if around is None or operator.auto_pad not in ("", "valid"):
        return None
    source, counts = around
    if isinstance(operator, AveragePool):
        if operator.ceil or (any(operator.pads) and not operator.count_pad):
            return None
        operator = replace(operator, count_pad=True)
    own = operator.pads if operator.auto_pad == "" and operator.pads else (0,) * len(counts)
    pads = tuple(a + b for a, b in zip(own, counts, strict=True))
    made = replace(operator, pads=pads, auto_pad="")
    names = [value.name for value in node.outputs]
    return builder.add(made, source, *inputs[1:], name=node.name, outputs=names)


def _zeros_around(
    value: Value | None, builder: GraphBuilder
) -> tuple[Value, tuple[int, ...]] | None:
    """What zeros were put around, and how many before the spatial axes, then after them."""
    node = made_by(value, Pad, builder)
    if node is None or not isinstance(node.operator, Pad) or node.operator.mode != "constant":
        return None
    x, pads, filler, axes = (*node.inputs, None, None)[:4]
    if x is None or x.type is None or x.type.names or x.type.rank < 3 or pads is None:
        return None
    if filler is not None and number(filler, builder) != 0.0:
        return None
    known, chosen = builder.known(pads), None if axes is None else builder.known(axes)
    if known is None or (axes is not None and chosen is None):
        return None
    counts = node.operator.counts(x.type.rank, known, chosen)
    if any(counts[0]) or any(counts[1]) or min(map(min, counts)) < 0:
        return None
    before, after = zip(*counts[2:], strict=True)
    return x, (*before, *after)
