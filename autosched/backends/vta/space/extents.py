"""The extents of the data that a tile needs, as functions of a sketch's decisions.

They are derived from the tensor expression, before it is lowered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autosched.analysis.affine import to_linear
from autosched.backends.vta.packed.layout import whole
from autosched.backends.vta.space.capacity import Extent
from autosched.search.space.builder import Number, Open
from autosched.search.space.structure import Read, reads_of
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Tensor


@dataclass(frozen=True, slots=True)
class OpenExtent:
    """The extent `min(times * product of numbers + plus, most)`."""

    numbers: tuple[Number, ...]
    times: int
    plus: int
    most: int

    def decided(self) -> Extent:
        """Return the extent over decisions alone; constant numbers are multiplied into `times`."""
        times, decisions = self.times, []
        for number in self.numbers:
            if isinstance(number, Open):
                decisions.append(number.index)
            else:
                times *= number
        return Extent(tuple(decisions), times, self.plus, self.most)


OpenExtents = Mapping[Axis, OpenExtent]


def fixed(size: int) -> OpenExtent:
    """Return an extent that no decision changes."""
    return OpenExtent((), size, 0, size)


def tiled(size: int, *numbers: Number) -> OpenExtent:
    """Return the product of the numbers, at most `size`."""
    return OpenExtent(numbers, 1, 0, size)


def copies(number: Number) -> OpenExtent:
    """Return a number of copies as an extent."""
    return OpenExtent((number,), 1, 0, 1 << 30)


def read_by(
    consumer: ComputeOp, extents: OpenExtents, tensor: Tensor, block: int
) -> list[OpenExtent]:
    """Return the extents of `tensor` that `consumer` reads when its axes have these extents.

    The last `block` dimensions are left out. If an index depends on several tiles, the result
    is a lower bound: the widest one counts with its extent, the others as single points.
    """
    reads = [read for read in reads_of(consumer) if read.tensor is tensor]
    return [
        _swept(reads[0], dimension, extents, whole(size))
        for dimension, size in enumerate(tensor.shape[: len(tensor.shape) - block])
    ]


def of_axes(op: ComputeOp, extents: Sequence[OpenExtent]) -> dict[Axis, OpenExtent]:
    """Return the extent of each axis of `op`: `extents` for the first ones, the rest whole."""
    every = (*op.axis, *op.reduce_axis)
    return {
        axis: extents[place] if place < len(extents) else fixed(whole(axis.extent))
        for place, axis in enumerate(every)
    }


def _swept(read: Read, dimension: int, extents: OpenExtents, size: int) -> OpenExtent:
    open_one: tuple[OpenExtent, int] | None = None
    reach = 1
    for atom, k in to_linear(read.indices[dimension]).terms.items():
        extent = extents.get(atom) if isinstance(atom, Axis) else None
        if extent is None:
            return OpenExtent((), 1, 0, size)
        if not extent.numbers:
            reach += abs(k) * (extent.most - 1)
        elif open_one is None or abs(k) * extent.most > open_one[1] * open_one[0].most:
            open_one = extent, abs(k)
    if open_one is None:
        return fixed(min(reach, size))
    widest, k = open_one
    return OpenExtent(widest.numbers, k * widest.times, k * (widest.plus - 1) + reach, size)
