"""Products of a value with a gate of it become one operator: SiLU and hard swish.

x * sigmoid(x)                        ->    silu(x)
x * sigmoid(1.7 * x)                  ->    silu(x, alpha=1.7)
x * hard_sigmoid(x), of slope 1/6     ->    hard_swish(x)
x * clip(x + 3, 0, 6) / 6             ->    hard_swish(x)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.activation import HardSigmoid, HardSwish, Sigmoid, Silu
from autosched.graph.operators.arithmetic import Clip
from autosched.graph.operators.operator import Operator
from autosched.graph.passes.matching import is_close, number, of_node, product, terms


def gates(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _composed, TypedBuilder(graph.name))


def _composed(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    flat = of_node(node, inputs, builder)
    for gate in () if flat is None else flat.values:
        for x, scale, operator in _gated(gate, builder):
            whole = of_node(node, inputs, builder, x)
            if x.type == node.outputs[0].type and whole and whole.is_of(scale, x, gate):
                return builder.add(operator, x, name=node.name, outputs=[node.outputs[0].name])
    return None


def _gated(gate: Value, builder: GraphBuilder) -> Iterator[tuple[Value, float, Operator]]:
    """The values of which this is a gate, and which operator such a number times both is."""
    node = builder.producer(gate)
    if node is None:
        return
    operator, x = node.operator, node.given[0]
    if isinstance(operator, Sigmoid):
        yield x, 1.0, Silu()
        inner = product(x, builder)
        if len(inner.values) == 1:
            yield inner.values[0], 1.0, Silu(alpha=inner.scale)
    elif isinstance(operator, HardSigmoid):
        if is_close(operator.alpha, 1 / 6) and is_close(operator.beta, 0.5):
            yield x, 1.0, HardSwish()
    elif isinstance(operator, Clip) and len(node.given) == 3:
        low, high = (number(value, builder) for value in node.given[1:])
        for source, three in terms(x, builder):
            if low == 0.0 and is_close(high, 6.0) and is_close(number(three, builder), 3.0):
                yield source, 1 / 6, HardSwish()
