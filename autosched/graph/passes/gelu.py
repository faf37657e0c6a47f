"""GELU in primitive operators becomes one: `x * 0.5 * (1 + erf(x / sqrt(2)))`, or that by tanh.

The factors may come in any order, and the cube as a power or as products.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from autosched.graph.graph import Graph, GraphBuilder, Value
from autosched.graph.operators.activation import Gelu
from autosched.graph.operators.arithmetic import Erf, Tanh
from autosched.graph.passes.matching import Gated, is_close, number, product, terms, with_gates


def gelu(graph: Graph) -> Graph:
    """See the module."""
    return with_gates(graph, _gated)


def _gated(gate: Value, builder: GraphBuilder) -> Iterator[Gated]:
    """The values of which the gate, `1 + f(x)`, is that of a GELU, and which."""
    for one, curve in terms(gate, builder):
        node = builder.producer(curve)
        if node is None or not is_close(number(one, builder), 1.0):
            continue
        if isinstance(node.operator, Erf):
            inner = builder.producer(node.given[0])
            for x in inner.given if inner is not None else ():
                if product(node.given[0], builder, x).is_of(math.sqrt(0.5), x):
                    yield x, 0.5, Gelu()
        if isinstance(node.operator, Tanh):
            outer = product(node.given[0], builder)
            for x, cube in terms(outer.values[0], builder) if outer.values else ():
                is_cubic = product(cube, builder, x).is_of(0.044715, x, x, x)
                if is_cubic and outer.is_of(math.sqrt(2 / math.pi), outer.values[0]):
                    yield x, 0.5, Gelu(approximate=True)
