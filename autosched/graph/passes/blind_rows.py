"""A softmax whose rows of NaN are replaced by 0 becomes one operator.

    s = softmax(x)
    n = isnan(s)            ->    z = softmax(x, blind=True)
    z = where(n, 0, s)

Exporters write this for attention whose mask may hide every key: such a row is NaN as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import IsNan, Where
from autosched.graph.operators.normalization import Softmax
from autosched.graph.passes.matching import made_by, number


def blind_rows(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _composed, TypedBuilder(graph.name))


def _composed(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    if not isinstance(node.operator, Where):
        return None
    condition, then, otherwise = inputs
    isnan = made_by(condition, IsNan, builder)
    softmax = made_by(otherwise, Softmax, builder)
    if isnan is None or softmax is None or isnan.given[0] is not otherwise:
        return None
    if number(then, builder) != 0.0 or node.outputs[0].type != softmax.outputs[0].type:
        return None
    assert isinstance(softmax.operator, Softmax)
    operator = replace(softmax.operator, blind=True)
    name = node.outputs[0].name
    return builder.add(operator, softmax.given[0], name=softmax.name, outputs=[name])
