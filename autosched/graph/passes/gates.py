"""Products of a value with a gate of it become one operator: SiLU and hard swish.

x * sigmoid(x)                        ->    silu(x)
x * sigmoid(1.7 * x)                  ->    silu(x, alpha=1.7)
x * hard_sigmoid(x), of slope 1/6     ->    hard_swish(x)
x * clip(x + 3, 0, 6) / 6             ->    hard_swish(x)
"""

from __future__ import annotations

from collections.abc import Iterator

from autosched.graph.graph import Graph, GraphBuilder, Value
from autosched.graph.operators.activation import HardSigmoid, HardSwish, Sigmoid, Silu
from autosched.graph.operators.arithmetic import Clip
from autosched.graph.passes.matching import Gated, is_close, number, product, terms, with_gates


def gates(graph: Graph) -> Graph:
    """See the module."""
    return with_gates(graph, _gated)


def _gated(gate: Value, builder: GraphBuilder) -> Iterator[Gated]:
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
