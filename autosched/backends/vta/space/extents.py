"""How much of each memory a tile takes, in terms of the decisions, from the expression alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autosched.analysis.affine import to_linear
from autosched.backends.vta.space.capacity import Extent
from autosched.ir.expr import Const, Expr
from autosched.search.space.builder import Number, Open
from autosched.search.space.structure import Read, reads_of
from autosched.te.axis import Axis
from autosched.te.operation import ComputeOp
from autosched.te.tensor import Tensor


@dataclass(frozen=True, slots=True)
class OpenExtent:
    """An extent: `times` the product of `numbers`, and `plus`; at most `most`."""

    numbers: tuple[Number, ...]
    times: int
    plus: int
    most: int

    def extent(self) -> Extent:
        """The same with the numbers that are decided multiplied in."""
        times, decisions = self.times, []
        for number in self.numbers:
            if isinstance(number, Open):
                decisions.append(number.index)
            else:
                times *= number
        return Extent(tuple(decisions), times, self.plus, self.most)


OpenExtents = Mapping[Axis, OpenExtent]


def whole(extent: Expr) -> int:
    """A constant extent as a number."""
    assert isinstance(extent, Const), "what an accelerator computes has constant extents"
    return int(extent.value)


def fixed(size: int) -> OpenExtent:
    """An extent that no decision changes."""
    return OpenExtent((), size, 0, size)


def tiled(size: int, *numbers: Number) -> OpenExtent:
    """The product of the numbers, of `size` points."""
    return OpenExtent(numbers, 1, 0, size)


def copies(number: Number) -> OpenExtent:
    """As many copies as a number says."""
    return OpenExtent((number,), 1, 0, 1 << 30)


def read_by(
    consumer: ComputeOp, forms: OpenExtents, tensor: Tensor, block: int
) -> list[OpenExtent]:
    """What `consumer` reads of `tensor` while its axes have the extents `forms`.

    The last `block` dimensions are left out. Of an index that several tiles move, a lower
    bound is given: what the one that reaches farthest needs beside single points of the others.
    """
    reads = [read for read in reads_of(consumer) if read.tensor is tensor]
    return [
        _swept(reads[0], dimension, forms, whole(size))
        for dimension, size in enumerate(tensor.shape[: len(tensor.shape) - block])
    ]


def of_axes(op: ComputeOp, forms: Sequence[OpenExtent]) -> dict[Axis, OpenExtent]:
    """The extents of an operation's axes: `forms` for the first, all of the others."""
    every = (*op.axis, *op.reduce_axis)
    return {
        axis: forms[place] if place < len(forms) else fixed(whole(axis.extent))
        for place, axis in enumerate(every)
    }


def _swept(read: Read, dimension: int, forms: OpenExtents, size: int) -> OpenExtent:
    open_one: tuple[OpenExtent, int] | None = None
    reach = 1
    for atom, k in to_linear(read.indices[dimension]).terms.items():
        form = forms.get(atom) if isinstance(atom, Axis) else None
        if form is None:
            return OpenExtent((), 1, 0, size)
        if not form.numbers:
            reach += abs(k) * (form.most - 1)
        elif open_one is None or abs(k) * form.most > open_one[1] * open_one[0].most:
            open_one = form, abs(k)
    if open_one is None:
        return fixed(min(reach, size))
    form, k = open_one
    return OpenExtent(form.numbers, k * form.times, k * (form.plus - 1) + reach, size)
