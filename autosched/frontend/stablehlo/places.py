"""Where the windows of a gather or a scatter lie in a tensor, as indices into its elements.

Each element of the windows has an index along each axis of the tensor: the start of its window,
from an array of indices, plus its place in the window. The last axes that windows have whole stay
together: an index is that of a row of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from autosched.frontend.stablehlo.node import HloNode
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.movement import Slice
from autosched.ir.dtype import BOOL, INT64


@dataclass(frozen=True)
class Windows:
    """The axes of a tensor of `shape`, of its windows, together `moved`, and of the indices.

    `inside` are the axes of `moved` that lie in a window; a window is one element thick along
    those of `dropped` and of `batches`. Starts are along the axes `starts`, by the entries of the
    indices' axis `vector`; along `batches` an index is that along the indices' axes
    `index_batches`.
    """

    shape: tuple[int, ...]
    moved: tuple[int, ...]
    inside: Sequence[int]
    dropped: Sequence[int]
    batches: Sequence[int]
    index_batches: Sequence[int]
    starts: Sequence[int]
    vector: int

    @property
    def kept(self) -> list[int]:
        """The axes of the tensor that the windows have, in the order of `inside`."""
        return [a for a in range(len(self.shape)) if a not in (*self.dropped, *self.batches)]

    @property
    def whole(self) -> int:
        """How many of the last axes all windows have whole."""
        count, rank, end = 0, len(self.shape), len(self.moved)
        places = dict(zip(self.kept, self.inside, strict=True))
        while count < rank:
            axis, place = rank - 1 - count, end - 1 - count
            is_whole = places.get(axis) == place and self.moved[place] == self.shape[axis]
            if not is_whole or axis in self.starts:
                break
            count += 1
        return count

    @property
    def row(self) -> int:
        """The elements of a row."""
        return prod(self.shape[len(self.shape) - self.whole :])


def along_axes(node: HloNode, windows: Windows, indices: Value, clamps: bool) -> list[Value]:
    """The index of each row along every axis but those of the row, to be broadcast.

    With `clamps` a window is moved to where it is inside as a whole.
    """
    indices = node.cast(indices, INT64)
    return [
        _along(node, windows, indices, axis, clamps)
        for axis in range(len(windows.shape) - windows.whole)
    ]


def row_of(node: HloNode, windows: Windows, indices: Sequence[Value]) -> Value:
    """The number of each row, from its index along each axis."""
    row = node.constant(0)
    for index, size in zip(indices, windows.shape, strict=False):
        row = node.emit(ar.Add(), node.emit(ar.Mul(), row, node.constant(size)), index)
    return node.expand(row, windows.moved[: len(windows.moved) - windows.whole])


def are_inside(node: HloNode, windows: Windows, indices: Sequence[Value]) -> Value:
    """Whether each row lies in the tensor."""
    is_inside = node.constant(True, BOOL)
    for index, size in zip(indices, windows.shape, strict=False):
        for less in (
            node.emit(ar.Less(), index, node.constant(size)),
            node.emit(ar.LessEqual(), node.constant(0), index),
        ):
            is_inside = node.emit(ar.And(), is_inside, less)
    return is_inside


def _along(node: HloNode, windows: Windows, indices: Value, axis: int, clamps: bool) -> Value:
    rank = len(windows.moved) - windows.whole
    outside = [place for place in range(rank) if place not in windows.inside]
    rows = [a for a in range(len(node.shape(indices))) if a != windows.vector]
    if axis in windows.batches:
        own = windows.index_batches[list(windows.batches).index(axis)]
        return _steps(node, rank, outside[rows.index(own)], windows.shape[axis])
    index = node.constant(0)
    thick = 1
    if axis in windows.kept:
        place = windows.inside[windows.kept.index(axis)]
        thick = windows.moved[place]
        index = _steps(node, rank, place, thick)
    if axis in windows.starts:
        start = _start(node, windows, indices, list(windows.starts).index(axis))
        if clamps:
            start = node.emit(ar.Minimum(), start, node.constant(windows.shape[axis] - thick))
            start = node.emit(ar.Maximum(), start, node.constant(0))
        sizes = [windows.moved[place] if place in outside else 1 for place in range(rank)]
        index = node.emit(ar.Add(), index, node.reshape(start, sizes))
    return index


def _start(node: HloNode, windows: Windows, indices: Value, number: int) -> Value:
    """One entry of every tuple of indices."""
    if windows.vector == len(node.shape(indices)):
        return indices  # each tuple has one, without an axis
    given = (number, number + 1, windows.vector)
    return node.emit(Slice(), indices, *(node.constant([n]) for n in given))


def _steps(node: HloNode, rank: int, place: int, count: int) -> Value:
    """The numbers from 0 along one of the axes."""
    sizes = [count if axis == place else 1 for axis in range(rank)]
    return node.constant(np.arange(count).reshape(sizes))
