"""The constant weights of a product with one row lie in the order in which they are read.

    z = matmul(x, w, transpose_b=True)    ->    z = matmul(x, w'),  x of one row
    z = conv(x, w, b)                     ->    z = add(matmul(x, w'), b),  x of one point

Each number is read once, so that reading is all the time there is: rows of the weights, of which
each adds to the whole result, are read 1.5 times as fast as columns, of which each is summed alone
(1280 x 1000). With more rows weights are packed in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv
from autosched.graph.passes.arrangement import reshaped


def one_row(graph: Graph) -> Graph:
    """See the module."""

    def rule(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        if isinstance(node.operator, Conv):
            return _product(node, inputs, builder)
        return _with_rows(node, inputs, builder)

    return rewrite(graph, rule, TypedBuilder(graph.name))


def _product(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    """A convolution of one point, by windows of one, as a product; the shape is put back."""
    operator, kind, (x, weight, *more) = node.operator, node.outputs[0].type, inputs
    assert isinstance(operator, Conv)
    known = None if weight is None else builder.known(weight)
    if x is None or x.type is None or kind is None or x.type.names or known is None:
        return None
    count, channels = len(known), x.type.sizes[1]
    is_point = x.type.elements == channels and kind.elements == count == known.size // channels
    if not is_point or operator.groups > 1 or any(operator.pads) or operator.out_dtype:
        return None
    name = node.outputs[0].name
    row = reshaped(x, (1, channels), builder)
    turned = builder.constant(np.ascontiguousarray(known.reshape(count, channels).T), f"{name}.w")
    (made,) = builder.add(MatMul(), row, turned, name=node.name, outputs=[f"{name}.row"])
    if more and more[0] is not None:
        (made,) = builder.add(Add(), made, more[0], name=node.name, outputs=[f"{name}.sum"])
    return [reshaped(made, kind.sizes, builder, name)]


def _with_rows(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    if not isinstance(node.operator, MatMul) or not node.operator.transpose_b:
        return None
    x, weight = inputs
    known = None if weight is None else builder.known(weight)
    if x is None or x.type is None or x.type.names or weight is None or known is None:
        return None
    rows = x.type.elements // known.shape[-1] if known.ndim == 2 and known.size else 0
    if rows != 1:
        return None
    turned = builder.constant(
        np.ascontiguousarray(known.T),
        weight.name,
        weight.type and weight.type.with_shape(*known.T.shape),
    )
    operator = replace(node.operator, transpose_b=False)
    names = [node.outputs[0].name]
    return builder.add(operator, x, turned, name=node.name, outputs=names)
