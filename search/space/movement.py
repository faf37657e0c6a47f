"""Loops of a stage that moves elements from one axis to another: tiles turned in registers.

Vectors of the result are made of vectors of what is read, one tile after the other: whole lines of
memory on both sides. The loops compute vectors as they are read; the stores of a tile are turned.
Vectors as they are written would be gathered: 1024 x 1024 floats take 924 us on a Zen 4 so, and 235
turned.
"""

from __future__ import annotations

from dataclasses import dataclass

from autosched.analysis.affine import to_linear
from autosched.ir.build import const
from autosched.ir.expr import Binary, Call, Const, Expr, FloorDiv, FloorMod
from autosched.ir.rewrite import map_expr
from autosched.ir.traverse import free_vars, postorder
from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import Read, extent, reads_of
from autosched.search.space.tiles import block_counts, ceil_div
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp

MOST_OPERATIONS = 24
"""Operations of an element, with those of its indices, that are written out for a whole tile."""

LEAST_POINTS = 8
"""Points of both axes from which on tiles are worth their shuffles."""

MOST_UNROLLED = 4
"""The longest period of indices, in vectors, for which tiles have whole periods of the last axis.

Quotients are the same in all tiles then: windows of 7x7 of 3 channels of 112x112 take 452 us, 1867
where each tile divides.
"""

BLOCK = 8
"""Tiles along each side of a block, by default: its lines on one side stay in the L1 cache."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """An axis along which an operand is contiguous that is strided along the last axis.

    It is contiguous in runs of `run` points, or along all of the axis if that is None. Indices
    divide the last axis by `period`, if by any number.
    """

    axis: Axis
    run: int | None = None
    period: int | None = None


def crossing_of(stage: Stage) -> Crossing | None:
    """Return along which axis tiles of an operand can be transposed.

    None if there is no such operand, if one of both axes is short, or if an element takes many
    operations.
    """
    op = stage.op
    if not isinstance(op, ComputeOp) or op.reduce_axis or not op.axis or not _is_short(op):
        return None
    last = op.axis[-1]
    for read in reads_of(op):
        if last in read.axes and last not in read.indices[-1:]:
            for axis in op.axis[:-1]:
                if not _is_wide(axis) or not _is_wide(last):
                    continue
                if read.stride_one(axis):
                    return Crossing(axis)
                run = _run(read, axis)
                if run >= LEAST_POINTS and not _is_along(read, last):
                    return Crossing(axis, run, _period(read, last))
    return None


def turn_tiles(
    builder: SketchBuilder, stage: Stage, found: Crossing, lanes: int, tail: str
) -> None:
    """Tile the axes that cross; vectors run along what is read, and the last axis is unrolled."""
    b = builder
    *others, last = stage.op.axis
    axis, length = found.axis, extent(found.axis)
    if found.run is not None:
        runs, axis = b.split(stage, axis, found.run)
        others[others.index(found.axis)], length = runs, found.run
    period = found.period or lanes
    unrolled = ceil_div(lanes, period) * period if period <= MOST_UNROLLED * lanes else lanes
    outer, inner, points = [], [], []
    for each, width, size in ((axis, lanes, length), (last, unrolled, extent(last))):
        tiles, point = b.split(stage, each, width, tail)
        counts = block_counts(size, width)
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


def _is_along(read: Read, axis: Axis) -> bool:
    return read.stride_one(axis) or _run(read, axis) >= LEAST_POINTS


def _run(read: Read, axis: Axis) -> int:
    """Return the number by which a remainder of `axis` indexes neighbours, or 0."""
    size = extent(axis)
    for term, step in to_linear(read.indices[-1]).terms.items():
        if step == 1 and type(term) is FloorMod and term.a is axis and type(term.b) is Const:
            run = int(term.b.value)
            if size is not None and size % run == 0 and _is_divided(read, axis, run):
                return run
    return 0


def _is_divided(read: Read, axis: Axis, size: int) -> bool:
    """Whether an axis is in indices by its quotient alone, and in the last by its remainder too."""
    *others, last = read.indices
    left = [_without(index, axis, size, (FloorDiv,)) for index in others]
    left.append(_without(last, axis, size, (FloorDiv, FloorMod)))
    return not any(axis in free_vars(index) for index in left)


def _without(index: Expr, axis: Axis, size: int, kinds: tuple[type[Binary], ...]) -> Expr:
    """Return an index with 0 for the quotients, or remainders, of an axis by a number."""

    def fixed(node: Expr) -> Expr:
        if not isinstance(node, kinds) or node.a is not axis or type(node.b) is not Const:
            return node
        return const(0, node.dtype) if node.b.value == size else node

    return map_expr(index, fixed)


def _period(read: Read, axis: Axis) -> int | None:
    """Return the greatest number by which indices divide an axis, if they do."""
    nodes = postorder(read.indices)
    divided = [n for n in nodes if isinstance(n, FloorDiv | FloorMod) and n.a is axis]
    return max((int(n.b.value) for n in divided if type(n.b) is Const), default=None)


def _is_wide(axis: Axis) -> bool:
    return (extent(axis) or LEAST_POINTS) >= LEAST_POINTS


def _is_short(op: ComputeOp) -> bool:
    nodes = postorder(op.bodies)
    return len(nodes) <= MOST_OPERATIONS and not any(type(node) is Call for node in nodes)
