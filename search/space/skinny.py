"""Skinny contractions: those that use elements of a large operand some dozens of times at most.

Products of a few rows and a matrix are such, and of a matrix and a few columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autosched.schedule.schedule import Stage
from autosched.search.space.dot import dot_axis
from autosched.search.space.structure import (
    Contraction,
    Read,
    contraction,
    extent,
    is_conversion,
    points_of,
)
from autosched.search.space.tiles import LARGE, Core
from autosched.search.space.variants import MOST_USES, is_constant
from autosched.te.axis import Axis

MOST_STREAMED = 64
"""Uses of an element up to which packing at a call takes longer than what it saves.

Products of `m` rows and 1024 x 4096 float32 that come with the call, in us, packed and as they lie:
2990 and 2000 with 24 rows, 3520 and 2800 with 32, 5200 and 4150 with 48, 6150 and 5650 with 64.
"""

LEAST_DOTTED = 8
"""Uses of an element from which on dot products of a packed operand take less than its widening.

Rows of bfloat16 by the transpose of a matrix, m x n x k, in us, with a sum in each lane and packed
for dot products: 4x1024x1024 80 and 100, 8x512x512 41 and 28, 8x1024x1024 159 and 143, 16x512x512
82 and 47, 16x1024x1024 310 and 208; as it lies along columns 8x1024x1024 174 and 125.
"""


@dataclass(frozen=True, eq=False)
class Skinny:
    """A contraction of large operands that the axes `short` do not index, and small ones."""

    found: Contraction
    short: tuple[Axis, ...]
    large: tuple[Read, ...]
    small: tuple[Read, ...]

    @property
    def uses(self) -> int:
        """How many times each element of a large operand is used."""
        return points_of(self.short)

    @property
    def long(self) -> tuple[Axis, ...]:
        """The data axes that index the large operands."""
        return tuple(axis for axis in self.found.data if axis not in self.short)

    @property
    def longest(self) -> Axis:
        """The one of these axes that has the most points."""
        return max(self.long, key=lambda axis: extent(axis) or LARGE)

    def contiguous(self, axes: Iterable[Axis]) -> Axis | None:
        """Return the one of some axes along which all large operands are contiguous."""
        return next((axis for axis in axes if all(r.stride_one(axis) for r in self.large)), None)


def skinny(stage: Stage, core: Core) -> Skinny | None:
    """Return the skinny contraction of `stage`; None if it is no such.

    Its large operands come with the call, and do not stay in the L1 cache.
    """
    found = contraction(stage)
    if found is None or dot_axis(found, core.fast_dots) is not None:
        return None
    largest = max(found.reads, key=_elements)
    short = tuple(axis for axis in found.data if axis not in largest.axes)
    small = tuple(read for read in found.reads if not read.axes.isdisjoint(short))
    large = tuple(read for read in found.reads if read not in small)
    made = Skinny(found, short, large, small)
    most = MOST_USES if any(map(is_constant, small)) else MOST_STREAMED
    fits = 1 < made.uses <= most
    is_far = _elements(largest) * largest.tensor.dtype.bytes > core.l1_bytes
    if made.uses >= LEAST_DOTTED and _has_dots(stage, largest, core):
        return None
    is_plain = all((read.packable or read.is_plain) and not is_constant(read) for read in large)
    return made if fits and is_far and is_plain and small and made.long else None


def _has_dots(stage: Stage, read: Read, core: Core) -> bool:
    """Whether instructions multiply floats as those of an operand, or those it was widened from."""
    source = stage.schedule[read.tensor]
    kind = source.op.input_tensors[0].dtype if is_conversion(source) else read.tensor.dtype
    return kind.is_float and any(kind.name in (dot.a, dot.b) for dot in core.fast_dots)


def _elements(read: Read) -> int:
    return points_of(read.axes)
