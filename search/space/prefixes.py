"""Reductions up to each point of an axis, such as cumulative sums, which go through blocks."""

from __future__ import annotations

from autosched.ir.expr import Max, Min
from autosched.schedule.primitives.block_prefix import prefix_of
from autosched.schedule.state import AtRoot
from autosched.schedule.terms import WORD_BITS
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import extent
from autosched.search.space.tiles import Core
from autosched.te.combining import combining_operator
from autosched.te.tensor import Operation

LEAST_BLOCKS = 4
"""Blocks from which on they are worth two more stages."""

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
    left = [stage for stage in builder.schedule.stages if isinstance(stage.attachment, AtRoot)]
    is_any = False
    while left:
        stage = left.pop()
        prefix = prefix_of(stage.op)
        if prefix is None or not _is_allowed(stage.op, core):
            continue
        innermost = [axis for axis in prefix.op.axis if extent(axis) != 1][-1:]
        size = core.lanes if innermost == [prefix.end] else ACROSS_VECTORS
        if prefix.points >= LEAST_BLOCKS * size:
            _, before = builder.block_prefix(stage, size)
            left.append(before)
            is_any = True
    return is_any


def _is_allowed(op: Operation, core: Core) -> bool:
    dtype = op.outputs[0].dtype
    is_exact = not dtype.is_float or combining_operator(op) in (Max, Min)
    return is_exact or (core.tolerance > 0 and dtype.bits >= WORD_BITS)
