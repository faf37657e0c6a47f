"""A convolution of one point a window, on short rows, is one on a single long row.

    y = conv(x, w)          x: float32[1, 96, 7, 7], w: float32[160, 96, 1, 1]
 -> r = reshape(x, [1, 96, 49])
    c = conv(r, v)          v: float32[160, 96, 1]
    y = reshape(c, [1, 160, 7, 7])

A register tile then has as many points as fit, not as many as a row has. The reshapes cost nothing.
Measured for 22 layers of ResNet-50, MobileNet-v2 and EfficientNet-B0: rows of 7 points 1.05 times
as fast on average, of 14 points 1.04 times, of 28 and more no faster, and up to a third slower.
Where windows read the result plane by plane, vectors run along the points, and the rest of a row
is a short vector: 24 channels to 144 of 56 x 56 points with windows after them take 245 us on one
row, 280 on 56.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.elementwise import Elementwise
from autosched.graph.operators.unchanged import Planes
from autosched.graph.passes.arrangement import reshaped

LONG_ROW = 28
"""Points of a row from which on it has enough for a register tile."""


def pointwise(graph: Graph) -> Graph:
    """See the module."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if not isinstance(node.operator, Conv):
            return None
        return _on_one_row(node, inputs, builder, _is_marked(node.outputs[0], graph))

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _is_marked(value: Value, graph: Graph) -> bool:
    """Whether a value, after elementwise nodes, is computed with what reads it."""
    todo, seen = [value], {value}
    while todo:
        for node in graph.users[todo.pop()]:
            if isinstance(node.operator, Planes):
                return True
            result = node.outputs[0]
            if isinstance(node.operator, Elementwise) and result not in seen:
                seen.add(result)
                todo.append(result)
    return False


def _on_one_row(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder, is_marked: bool
) -> Sequence[Value] | None:
    kind, operator = node.outputs[0].type, node.operator
    if not isinstance(operator, Conv) or kind is None or kind.names or kind.rank < 4:
        return None
    x, weight, *bias = inputs
    if x is None or x.type is None or weight is None or weight.type is None:
        return None
    window, space = weight.type.sizes[2:], x.type.sizes[2:]
    is_alone = set(window) == {1} and operator.groups == 1 and kind.sizes[2:] == space
    if not is_alone or any(operator.pads) or set(operator.strides) - {1}:
        return None
    if (space[-1] >= LONG_ROW and not is_marked) or max(space) == 1:
        return None
    name, flat = node.outputs[0].name, Conv(out_dtype=operator.out_dtype)
    given = [
        reshaped(x, (*x.type.sizes[:2], prod(space)), builder),
        reshaped(weight, (*weight.type.sizes[:2], 1), builder),
        *bias,
    ]
    (made,) = builder.add(flat, *given, name=node.name, outputs=[f"{name}.row"])
    return [reshaped(made, kind.sizes, builder, name)]
