"""Denormal numbers among the weights of contractions become zeros.

    y = conv(x, w),  w: 0.5, 1e-40, ...    ->    y = conv(x, w'),  w': 0.5, 0.0, ...

A processor takes some 100 cycles for a product with a denormal number, and trained networks have
thousands where training drove weights towards zero. Only numbers that are lost in the rounding of
sums with the largest weight are changed: others stay, if all of a tensor are small.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder

MOST_ELEMENTS = 1 << 20
"""Elements of a constant up to which it is looked at: it takes 2 ms."""

BLOCK = 1 << 14
"""Elements that are looked at together: they stay in the caches."""


def denormals(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _without, TypedBuilder(graph.name))


def _without(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    if node.operator.kind != "contraction":
        return None
    changed = [None if value is None else _flushed(value, builder) for value in inputs]
    if all(new is old for new, old in zip(changed, inputs, strict=True)):
        return None
    names = [value.name for value in node.outputs]
    return builder.add(node.operator, *changed, name=node.name, outputs=names)


def _flushed(value: Value, builder: GraphBuilder) -> Value:
    """A constant with zeros for its denormal numbers, if it has some that are negligible."""
    array = builder.known(value)
    if array is None or array.dtype != np.float32 or array.size > MOST_ELEMENTS:
        return value
    if not _has_some(array):
        return value
    limits = np.finfo(np.float32)
    if np.abs(array).max() * limits.eps < limits.tiny:
        return value
    flushed = np.where(np.abs(array) < limits.tiny, np.float32(0), array)
    return builder.constant(flushed, value.name, value.type)


def _has_some(array: np.ndarray) -> bool:
    bits = np.ascontiguousarray(array).reshape(-1).view(np.uint32)
    for start in range(0, bits.size, BLOCK):
        # Without the sign, denormal numbers are those from 1 up to the least exponent.
        size = bits[start : start + BLOCK] << 1
        if (size - 1 < (1 << 24) - 1).any():
            return True
    return False
