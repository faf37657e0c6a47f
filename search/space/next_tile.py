"""Fetches of what the next register tile reads, while one is computed.

Where the points of a tile are neighbours in memory and the steps of the reduction are not, as in
a convolution of one point, a tile reads a short piece of each of many rows. The prefetchers of the
hardware do not follow such reads, and out-of-order execution covers L2, but neither beyond L2 nor
what another core has written, about 10 ns a line. They follow long rows, but begin anew at each.
"""

from __future__ import annotations

from collections.abc import Container, Sequence

from autosched.ir.traverse import free_vars
from autosched.schedule.schedule import Stage
from autosched.search.space.blocks import PAGE_BYTES
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import (
    Contraction,
    Read,
    bytes_read,
    extent,
    is_larger_than,
    points_of,
)
from autosched.search.space.tiles import Core
from autosched.search.space.variants import Variant, is_factor_of_constants
from autosched.te.axis import Axis


def prefetch_next_tile(
    b: SketchBuilder,
    found: Contraction,
    variant: Variant,
    near: Container[int],
    core: Core,
    sink: Stage,
    loops: Sequence[Axis],
) -> None:
    """Decide of each operand that is not `near` whether `loops` over tiles of `sink` fetch it.

    By default they do where the operand is larger than an eighth of L2, or was written by
    several threads. One thread, 96 channels of 56 x 56 points to 24: 168 -> 132 us; two: 165 ->
    105. Of rows of a page and more, by default those that L2 does not hold are fetched.
    """
    for number, read in enumerate(found.reads):
        if number in near:
            continue
        if _is_read_in_columns(read, found, variant):
            sizes = [extent(axis) for axis in (*found.data, *found.reduce)]
            is_large = None in sizes or bytes_read(read) > core.l2_bytes // 8
            default = 1 if core.threads > 1 or is_large else 0
        elif _is_read_in_pages(read, found, variant, core):
            default = 1
        else:
            continue
        steps = b.decide(f"{read.tensor.name}.next", "prefetch", (0, 1), default)
        for loop in loops:
            b.prefetch(sink, read.tensor, loop, steps)


def _is_read_in_columns(read: Read, found: Contraction, variant: Variant) -> bool:
    """Whether a tile reads neighbours along an axis of it, for each step of the reduction.

    Vectors of an operand that is multiplied by constants are read so, since the constants alone are
    packed; those of other products are packed or near.
    """
    vector = found.data[variant.vector]
    if not read.indices:
        return False
    if vector in read.axes and not is_factor_of_constants(found, read):
        return False
    *others, innermost = map(free_vars, read.joined)
    outside = {axis for used in others for axis in used}
    points = {found.data[position] for position in (variant.vector, *variant.unroll)}
    return not points.isdisjoint(innermost) and not outside.isdisjoint(found.reduce)


def _is_read_in_pages(read: Read, found: Contraction, variant: Variant, core: Core) -> bool:
    """Whether an operand that L2 does not hold is read in rows of a page and more.

    The prefetchers of the hardware begin anew at each page.
    """
    row = found.data[variant.unroll[0]]
    if row not in read.axes or not is_larger_than(read, core.l2_bytes):
        return False
    used = free_vars(read.joined[-1])
    along = points_of((axis for axis in found.reduce if axis in used), 1)
    return row not in used and along * read.tensor.dtype.bytes >= PAGE_BYTES
