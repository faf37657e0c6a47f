"""GELU in primitive operators becomes one: `x * 0.5 * (1 + erf(x / sqrt(2)))`, or that by tanh.

The factors may come in any order, and the cube as a power or as products.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.activation import Gelu
from autosched.graph.operators.arithmetic import Erf, Tanh
from autosched.graph.passes.matching import is_close, number, of_node, product, terms


def gelu(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _composed, TypedBuilder(graph.name))


def _composed(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    flat = of_node(node, inputs, builder)
    for gate in () if flat is None else flat.values:
        for x, operator in _gated(gate, builder):
            whole = of_node(node, inputs, builder, x)
            if x.type == node.outputs[0].type and whole and whole.is_of(0.5, x, gate):
                return builder.add(operator, x, name=node.name, outputs=[node.outputs[0].name])
    return None


def _gated(gate: Value, builder: GraphBuilder) -> Iterator[tuple[Value, Gelu]]:
    """The values of which the gate, `1 + f(x)`, is that of a GELU, and which."""
    for one, curve in terms(gate, builder):
        node = builder.producer(curve)
        if node is None or not is_close(number(one, builder), 1.0):
            continue
        if isinstance(node.operator, Erf):
            inner = builder.producer(node.given[0])
            for x in inner.given if inner is not None else ():
                if product(node.given[0], builder, x).is_of(math.sqrt(0.5), x):
                    yield x, Gelu()
        if isinstance(node.operator, Tanh):
            outer = product(node.given[0], builder)
            for x, cube in terms(outer.values[0], builder) if outer.values else ():
                is_cubic = product(cube, builder, x).is_of(0.044715, x, x, x)
                if is_cubic and outer.is_of(math.sqrt(2 / math.pi), outer.values[0]):
                    yield x, Gelu(approximate=True)
