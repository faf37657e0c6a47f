"""Constant masks that keep a band of diagonals become conditions on the places of elements.

    m = constant: 0 on and below the diagonal, else -inf or the lowest number
    y = add(x, m)                           ->    y = band(x, high=0, fill=-inf)

    b = constant: true on and below the diagonal
    y = where(b, x, -inf)                   ->    y = band(x, high=0, fill=-inf)

So masks of causal attention and of windows are written. Kernels leave out what such a mask hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add, Where
from autosched.graph.operators.movement import Band
from autosched.graph.operators.operator import Array
from autosched.graph.passes.matching import number
from autosched.ir.dtype import FLOAT32

LOWEST = FLOAT32.lowest
"""What exporters add in place of minus infinity: numbers below 1e31 are rounded to it."""


def bands(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _banded, TypedBuilder(graph.name))


def _banded(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    kind = node.outputs[0].type
    if kind is None or kind.names or kind.rank < 2 or not kind.dtype.is_float:
        return None
    for x, kept, fill in _masked(node.operator, inputs, builder):
        ends = _ends(kept, kind.sizes)
        if ends is not None and x.type == kind:
            operator = Band(*ends, fill=fill)
            return builder.add(operator, x, name=node.name, outputs=[node.outputs[0].name])
    return None


def _masked(
    operator: object, inputs: Sequence[Value | None], builder: GraphBuilder
) -> list[tuple[Value, Array, float]]:
    """The values that a node keeps where an array is true, each with what replaces it elsewhere."""
    given = [value for value in inputs if value is not None]
    found: list[tuple[Value, Array, float]] = []
    if isinstance(operator, Add):
        for x, mask in zip(given, reversed(given), strict=True):
            array = builder.known(mask)
            if array is not None and array.ndim >= 2:
                least = float(array.min(initial=0))
                is_mask = least in (-inf, LOWEST) and np.isin(array, (0, least)).all()
                found += [(x, array == 0, least)] if is_mask else []
    elif isinstance(operator, Where):
        condition, then, otherwise = given
        array = builder.known(condition)
        for x, fill, is_kept in ((then, otherwise, True), (otherwise, then, False)):
            value = number(fill, builder)
            if array is not None and value is not None:
                found.append((x, array == is_kept, value))
    return found


def _ends(kept: Array, shape: Sequence[int]) -> tuple[int | None, int | None] | None:
    """The first and the last diagonal of matrices that are kept; None where others are too.

    None in place of a diagonal is any. All matrices have the same mask.
    """
    rows, columns = shape[-2:]
    if kept.shape[-2:] != (rows, columns) or kept.size != rows * columns or not kept.any():
        return None
    place = np.arange(columns) - np.arange(rows)[:, np.newaxis]
    seen = place[kept.reshape(rows, columns)]
    low, high = int(seen.min()), int(seen.max())
    if kept.all() or not np.array_equal(
        kept.reshape(rows, columns), (low <= place) & (place <= high)
    ):
        return None
    return (None if low == 1 - rows else low), (None if high == columns - 1 else high)
