"""Powers by small numbers become products and roots: `x ** 2` is `x * x`, `x ** 0.5` its root."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Mul, Pow, Reciprocal, Sqrt
from autosched.graph.passes.matching import number


def powers(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _product, TypedBuilder(graph.name))


def _product(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    if not isinstance(node.operator, Pow) or not all(inputs):
        return None
    x, exponent = inputs[0], number(inputs[1], builder)
    assert x is not None
    if exponent is None or x.type is None or x.type != node.outputs[0].type:
        return None
    name = node.outputs[0].name
    if exponent == 1.0:
        return [x]
    if exponent == 2.0:
        return builder.add(Mul(), x, x, name=node.name, outputs=[name])
    if exponent == 3.0:
        (square,) = builder.add(Mul(), x, x, name=f"{name}.square")
        return builder.add(Mul(), square, x, name=node.name, outputs=[name])
    if exponent == 0.5 and x.type.dtype.is_float:
        return builder.add(Sqrt(), x, name=node.name, outputs=[name])
    if exponent == -1.0 and x.type.dtype.is_float:
        return builder.add(Reciprocal(), x, name=node.name, outputs=[name])
    return None
