"""How operands are copied into the order of a register tile, and which tiles go without."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.reduction import longest_axis
from autosched.search.space.structure import Contraction, Read, extent, is_injective, is_larger_than
from autosched.search.space.tiles import LARGE, Core, rows_in_l1
from autosched.te.axis import Axis

ROWS_AHEAD = 8
"""Rows that a copy fetches ahead of an operand that is larger than L2."""


def most_rows(found: Contraction, axis: Axis, packed: Container[int]) -> int:
    """Return the most points of a tile along `axis` whose lines stay in L1 from step to step.

    Those of operands that are `packed` are neighbours.
    """
    reads = [read for number, read in enumerate(found.reads) if number not in packed]
    steps = [step for read in reads if (step := read.step_bytes(axis))]
    return min(map(rows_in_l1, steps), default=LARGE)


def grouped(layout: Sequence[Any], dimension: int, steps: int) -> list[Any]:
    """Return the layout with so many points of a dimension together at the end."""
    return [*([d, steps] if d == dimension else d for d in layout), dimension]


def copy_groups(
    b: SketchBuilder, stage: Stage, lanes: int, gathers: bool = False, words: int | None = None
) -> list[Axis]:
    """Schedule a copy whose last axis are the points of a dot product; return the outer loops.

    Vectors run along the axis before, and are interleaved when they are stored. Where that
    `gathers` elements, the points of one product are moved at a time: processors gather no bytes,
    for which LLVM writes a branch for each (200 ms). Where the points are neighbours, and the
    `words` that they make are along the axis of that number, tiles of words are transposed.
    """
    *loops, vector, points = stage.op.axis
    if gathers:
        b.unroll(stage, points)
        if words is not None:
            outer, inner = b.split(stage, loops[words], lanes, "partition")
            loops[words] = outer
            b.unroll(stage, vector)
            b.reorder(stage, [*loops, vector, points, inner])
            b.vectorize(stage, inner)
        return loops
    most = lanes * (extent(points) or 1)
    if (extent(vector) or LARGE) > most:
        outer, vector = b.split(stage, vector, most, "partition")
        loops.append(outer)
    b.reorder(stage, [*loops, points, vector])
    b.unroll_and_vectorize(stage, [points, vector])
    return loops


def copy_rows(
    b: SketchBuilder,
    stage: Stage,
    contiguous: int | None,
    by_row: bool,
    lanes: int,
    joined: int = 1,
) -> list[Axis]:
    """Schedule a packing copy so that it reads contiguous vectors; return its loops.

    `contiguous` is the position of the axis along which the source is contiguous; None where
    that is the innermost axis. Up to it `joined` axes count through neighbours in the source. With
    `by_row`, a row is read for all tiles at once.
    """
    axes = list(stage.op.axis)
    if contiguous is not None and joined > 1:
        first = contiguous + 1 - joined
        axes[first : contiguous + 1] = [b.fuse(stage, axes[first : contiguous + 1])]
        contiguous = first
    if contiguous is None:
        vector, loops = axes[-1], axes[:-1]
        if by_row:
            loops = [*loops[1:], loops[0]]
    else:
        outer, vector = b.split(stage, axes[contiguous], lanes, "partition")
        loops = [*axes[:contiguous], outer, *axes[contiguous + 1 :]]
        b.unroll(stage, loops[-1])
    b.reorder(stage, [*loops, vector])
    b.vectorize(stage, vector)
    return loops


def inline_source(b: SketchBuilder, copy: Stage, source: Stage) -> None:
    """Compute the source of a copy in the copy, if it reduces nothing and nothing else reads it."""
    is_alone = b.schedule.consumers(source) == [copy] and not source.is_output
    if is_alone and is_injective(source):
        b.compute_inline(source)


def fetch_rows_ahead(
    b: SketchBuilder, stage: Stage, read: Read, loops: Sequence[Axis], core: Core
) -> None:
    """Let a copy of pieces of rows fetch the next ones, if L2 does not hold the operand."""
    if is_larger_than(read, core.l2_bytes):
        b.prefetch(stage, read.tensor, longest_axis(loops), ROWS_AHEAD)


def share(b: SketchBuilder, stage: Stage, loops: Sequence[Axis]) -> None:
    """Share the first loop of several iterations among the threads."""
    b.parallel(stage, next((axis for axis in loops if extent(axis) != 1), loops[0]))
