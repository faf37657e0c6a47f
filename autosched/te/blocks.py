"""Cutting an index space into blocks, so that evaluating it fits into memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

Block = tuple[tuple[int, int], ...]
"""For each axis the first point and how many there are, from 0."""


def blocks(
    extents: Sequence[int], rank: int, operands: Sequence[Sequence[int]], limit: int
) -> Iterator[Block]:
    """Blocks of the space in which no operand, spanned by its axes, has over `limit` points.

    The first `rank` axes are independent and are cut first, the longest ones; axes to reduce
    are cut from the outermost, so that the blocks of one place come in the axes' order.
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
