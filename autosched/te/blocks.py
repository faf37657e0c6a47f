"""Divides an index space into blocks whose evaluation fits into memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

Block = tuple[tuple[int, int], ...]
"""The first point (counted from 0) and the number of points along each axis."""


def blocks(
    extents: Sequence[int], rank: int, operands: Sequence[Sequence[int]], limit: int
) -> Iterator[Block]:
    """Yield blocks of the space in which each operand has at most `limit` points.

    An operand is the list of the axes that it spans. The first `rank` axes are data axes and
    are divided first, the longest first. Reduce axes are divided from the outermost on, so
    that the blocks of one output element follow in the order of the axes.
    """
    steps = list(extents)
    while True:
        largest = max(operands, key=lambda axes: math.prod(steps[axis] for axis in axes))
        if math.prod(steps[axis] for axis in largest) <= limit:
            break
        free = [axis for axis in largest if axis < rank and steps[axis] > 1]
        if free:
            axis = max(free, key=lambda axis: steps[axis])
        else:
            axis = next(axis for axis in largest if steps[axis] > 1)
        steps[axis] = -(-steps[axis] // 2)
    ranges = [
        [(first, min(step, extent - first)) for first in range(0, extent, step)]
        for extent, step in zip(extents, steps, strict=True)
    ]
    return itertools.product(*ranges)
