"""Loops of a stage that moves elements from one axis to another: square tiles turned in registers.

Vectors of the result are made of vectors of what is read, one tile of lanes times lanes after the
other: whole lines of memory on both sides. The loops compute vectors as they are read; the stores
of a tile are turned. Vectors as they are written would be gathered: 1024 x 1024 floats take 924 us
on a Zen 4 so, and 235 turned.
"""

from __future__ import annotations

from autosched.ir.expr import Call
from autosched.ir.traverse import postorder
from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import extent, is_injective, reads_of
from autosched.search.space.tiles import block_counts
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp

MOST_OPERATIONS = 24
"""Operations of an element, with those of its indices, that are written out for a whole tile."""

LEAST_POINTS = 8
"""Points of both axes from which on tiles are worth their shuffles."""

BLOCK = 8
"""Tiles along each side of a block, by default: its lines on one side stay in the L1 cache."""


def crossed_axis(stage: Stage) -> Axis | None:
    """Return the axis along which an operand is contiguous that is strided along the last axis.

    None if there is no such operand, if one of both axes is short, or if an element takes many
    operations.
    """
    if not is_injective(stage) or not stage.op.axis or not _is_short(stage):
        return None
    assert isinstance(stage.op, ComputeOp)
    last = stage.op.axis[-1]
    for read in reads_of(stage.op):
        if last in read.axes and last not in read.indices[-1:]:
            for axis in stage.op.axis[:-1]:
                if read.stride_one(axis) and _is_wide(axis) and _is_wide(last):
                    return axis
    return None


def turn_tiles(builder: SketchBuilder, stage: Stage, axis: Axis, lanes: int, tail: str) -> None:
    """Tile `axis` and the last axis; vectors run along `axis`, and the last is unrolled."""
    b = builder
    *others, last = stage.op.axis
    outer, inner, points = [], [], []
    for each in (axis, last):
        tiles, point = b.split(stage, each, lanes, tail)
        counts = block_counts(extent(each), lanes)
        name = f"{stage.name}.{each.name}.block"
        block, tile = b.split(stage, tiles, b.decide(name, "block", counts, min(BLOCK, counts[-1])))
        outer.append(block)
        inner.append(tile)
        points.append(point)
    across = [*(each for each in others if each is not axis), *outer]
    points.reverse()
    b.reorder(stage, [*across, *inner, *points])
    b.parallel(stage, b.fuse(stage, across))
    b.unroll_and_vectorize(stage, points)


def _is_wide(axis: Axis) -> bool:
    return (extent(axis) or LEAST_POINTS) >= LEAST_POINTS


def _is_short(stage: Stage) -> bool:
    assert isinstance(stage.op, ComputeOp)
    nodes = postorder(stage.op.bodies)
    return len(nodes) <= MOST_OPERATIONS and not any(type(node) is Call for node in nodes)
