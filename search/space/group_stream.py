"""Groups that reduce long blocks of rows, one row after the other: memory is read in order."""

from __future__ import annotations

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import Number
from autosched.search.space.group_loops import GroupLoops
from autosched.search.space.reduction import accumulate_rows, is_reduction, tile_loops
from autosched.search.space.structure import extent
from autosched.search.space.tiles import row_blocks
from autosched.te.axis import Axis


def stream(group: GroupLoops, tiled: list[Stage], inside: list[int]) -> None:
    """Divide the innermost axis of the sink in blocks; `tiled` are computed in those of theirs.

    `inside` are the dimensions of the sink that these have too.
    """
    b, sink, lanes = group.b, group.sink, group.lanes
    axis = sink.op.axis[group.innermost]
    others = [each for each in sink.op.axis if each is not axis]
    across = [sink.op.axis[d] for d in inside if d != group.innermost]
    alone = all(extent(each) == 1 for each in across)
    threads = group.core.threads if alone else 1
    choices, default = row_blocks(extent(axis), group.core, threads, len(tiled))
    block = b.decide(f"{sink.name}.{axis.name}.block", "block", choices, default)
    outer, inner = b.split(sink, axis, block, group.tail)
    vectors, vector = b.split(sink, inner, 2 * lanes, group.tail)
    between = [each for each in others if each not in across]
    b.reorder(sink, [*across, outer, *between, vectors, vector])
    b.vectorize(sink, vector)
    rows = [sink.op.axis[d] for d in group.rows if d != group.innermost]
    together = group.all_aligned(inside)
    if not together:
        b.reorder(sink, [*rows, *(each for each in across if each not in rows), outer])
    if alone:
        at: Axis | None = outer
        b.parallel(sink, outer)
    else:
        at = group.parallel(across if together else rows)
    for stage, aligned in group.members.items():
        if stage in tiled:
            _member(group, stage, stage.op.axis[aligned[group.innermost]], block)
            b.compute_at(stage, sink, outer)
            b.set_scope(stage, "local")
        else:
            group.member(stage, at)


def _member(group: GroupLoops, stage: Stage, axis: Axis, block: Number) -> None:
    """Schedule a producer of one block along its `axis`."""
    b = group.b
    if is_reduction(stage):
        accumulate_rows(b, stage, axis, block, group.core)
        return
    around, (points,) = tile_loops(b, stage, {axis: block})
    vectors, vector = b.split(stage, points, 2 * group.lanes, group.tail)
    b.reorder(stage, [*around, vectors, vector])
    b.vectorize(stage, vector)
