"""Canonical forms: nodes that do nothing go, and chains of movements become one movement.

A transpose that moves axes of one point only is a reshape, and a gather of one known index a slice.

b = transpose(a, permutation=[0, 2, 1])
c = transpose(b, permutation=[0, 2, 1])     ->     e = reshape(a, [-1])
d = reshape(c, [2, -1])
e = reshape(d, [-1])
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import movement as mv
from autosched.graph.operators.arithmetic import Cast, CastLike, Div, Mul
from autosched.graph.operators.indexing import Gather
from autosched.graph.operators.reduction import normalized
from autosched.graph.operators.reshaping import Reshape, ReshapeLike, Reshaping
from autosched.graph.operators.unchanged import Identity
from autosched.graph.passes.matching import number


def canonical(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _replaced, TypedBuilder(graph.name))


def _replaced(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    operator, kind = node.operator, node.outputs[0].type
    x = inputs[0] if inputs else None
    if x is None or x.type is None or kind is None or kind.names:
        return None
    if x.type == kind and (isinstance(operator, _KEEP) or _keeps_all(node, inputs, builder)):
        return [x]
    if isinstance(operator, Mul | Div):
        return _without_one(node, inputs, builder)
    before = builder.producer(x)
    if isinstance(operator, Reshaping | ReshapeLike):
        source = x
        if before is not None and isinstance(before.operator, Reshape):
            source = before.given[0]
        if isinstance(operator, Reshape) and source is x:
            return None
        return _reshaped(source, node, builder)
    if isinstance(operator, mv.Transpose):
        order = operator.order(x.type.rank)
        moving = [axis for axis in order if x.type.shape[axis] != 1]
        if moving == sorted(moving) and x.type.elements:
            return _reshaped(x, node, builder)
        if before is not None and isinstance(before.operator, mv.Transpose):
            source = before.given[0]
            inner = before.operator.order(x.type.rank)
            both = [inner[axis] for axis in order]
            if both == sorted(both):
                return [source]
            merged = mv.Transpose(tuple(both))
            return builder.add(merged, source, name=node.name, outputs=[node.outputs[0].name])
    return _sliced(node, x, inputs[1:], builder) if isinstance(operator, Gather) else None


def _without_one(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    """The other factor of a product with one, and what is divided by one."""
    a, b = inputs
    left, right = (number(value, builder) for value in inputs)
    if right == 1.0 and a is not None and a.type == node.outputs[0].type:
        return [a]
    is_left = left == 1.0 and isinstance(node.operator, Mul)
    return [b] if is_left and b is not None and b.type == node.outputs[0].type else None


def _sliced(
    node: Node, x: Value, indices: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    """A gather of one index, which is known, as a slice."""
    (of_index,) = indices
    known = None if of_index is None else builder.known(of_index)
    assert isinstance(node.operator, Gather)
    if known is None or known.size != 1 or x.type is None:
        return None
    axis = normalized(node.operator.axis, x.type.rank, "gather")
    extent, index = x.type.sizes[axis], int(known.ravel()[0])
    if not -extent <= index < extent:
        return None
    start = index % extent
    name = node.outputs[0].name
    ends = [
        builder.constant(np.array([number], np.int64), f"{name}.{what}")
        for what, number in (("start", start), ("end", start + 1), ("axis", axis))
    ]
    names = [f"{name}.slice"]
    return _reshaped(
        builder.add(mv.Slice(), x, *ends, name=node.name, outputs=names)[0], node, builder
    )


_KEEP = (Identity, Reshaping, ReshapeLike, mv.Expand, mv.Tile, Cast, CastLike)
"""Operators whose output is their input where both have one type."""


def _keeps_all(node: Node, inputs: Sequence[Value | None], builder: GraphBuilder) -> bool:
    """Whether a slice or a pad, whose output has the type of its input, is its input."""
    if isinstance(node.operator, mv.Slice):
        steps = inputs[4] if len(inputs) > 4 else None
        known = None if steps is None else builder.known(steps)
        return steps is None or (known is not None and bool((known > 0).all()))
    counts = None
    if isinstance(node.operator, mv.Pad) and inputs[1] is not None:
        counts = builder.known(inputs[1])
    return counts is not None and not counts.any()


def _reshaped(source: Value, node: Node, builder: GraphBuilder) -> Sequence[Value]:
    """The source in the shape of the node's output, itself where it has that shape."""
    value = node.outputs[0]
    assert value.type is not None
    if source.type == value.type:
        return [source]
    shape = builder.constant(np.array(value.type.sizes, np.int64), f"{value.name}.shape")
    return builder.add(
        Reshape(allow_zero=True), source, shape, name=node.name, outputs=[value.name]
    )
