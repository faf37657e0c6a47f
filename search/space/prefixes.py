"""Reductions up to each point of an axis, such as cumulative sums, which go through blocks."""

from __future__ import annotations

from autosched.ir.expr import Max, Min
from autosched.schedule.primitives.block_prefix import Prefix, prefix_of
from autosched.schedule.state import AtRoot
from autosched.schedule.terms import WORD_BITS
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import extent
from autosched.search.space.tiles import Core
from autosched.te.combining import combining_operator
from autosched.te.tensor import Operation

LEAST_BLOCKS = 4
"""Blocks from which on they are worth two more stages, where they are not along vectors.

What is before the blocks is a prefix too, of few points, for which this holds along vectors as
well. In one pass each point adds up all before it: along rows of 16, 24 and 60 numbers, 48,000 in
all, that takes 81, 134 and 251 us, in blocks 27, 40 and 38.
"""

LEAST_BLOCK = 4
"""Points of a block along vectors."""

ACROSS_VECTORS = 4
"""Points of a block along an axis that vectors do not run along.

Cumulative sums over the first axis, in us with blocks of 4, 8 and 16: 128 x 1024 numbers 55, 71 and
111; 33 x 128 x 32 77, 86 and 130; 512 x 64 9.9, 10.5 and 15.2; 32 x 4096 51, 56 and 46.
"""


def block_prefixes(builder: SketchBuilder, core: Core) -> bool:
    """Reduce prefixes in blocks; return whether there are any.

    Blocks along vectors have one each. What is before each block is a prefix too: of 65,536 points
    there are 4,096 blocks of 16, and 256 of those.

    Floats are rounded otherwise, so that the target's tolerance has to allow it, but for the
    greatest and the least. Halves stay: a block alone may be beyond their greatest number.
    """
    stages = [stage for stage in builder.schedule.stages if isinstance(stage.attachment, AtRoot)]
    left = [(stage, True) for stage in stages]
    is_any = False
    while left:
        stage, is_first = left.pop()
        prefix = prefix_of(stage.op)
        if prefix is None or not _is_allowed(stage.op, core):
            continue
        size = _block(prefix, core, is_first)
        if size is not None:
            _, before = builder.block_prefix(stage, size)
            left.append((before, False))
            is_any = True
    return is_any


def _block(prefix: Prefix, core: Core, is_first: bool) -> int | None:
    """Return the points of a block; None where blocks are not worth it.

    `is_first` is false for what is before the blocks of another prefix.
    """
    innermost = [axis for axis in prefix.op.axis if extent(axis) != 1][-1:]
    is_along = innermost == [prefix.end]
    size = core.lanes if is_along else ACROSS_VECTORS
    if not is_along or not is_first:
        return size if prefix.points >= LEAST_BLOCKS * size else None
    while size >= prefix.points and size > LEAST_BLOCK:
        size //= 2
    return size if size < prefix.points else None


def _is_allowed(op: Operation, core: Core) -> bool:
    dtype = op.outputs[0].dtype
    is_exact = not dtype.is_float or combining_operator(op) in (Max, Min)
    return is_exact or (core.tolerance > 0 and dtype.bits >= WORD_BITS)
