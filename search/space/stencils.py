"""The rule for stencils of stencils: blocks of the last stage, each with the margin that it reads.

    for blocks of rows and columns of the last stage, shared by the threads:
        the stages that it reads, for these points and those around     in L1
        the last stage

Inlined, what is read at three points would be computed three times; alone, it leaves the caches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from math import prod

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.margins import ROWS_TOGETHER, Stencils, rows_shared, stencils_of
from autosched.search.space.non_contraction import (
    NonContractionVariant,
    schedule_non_contractions,
)
from autosched.search.space.preparation import Preparation
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import extent
from autosched.search.space.tiles import LARGE, TAIL, Core, ceil_div, vector_steps
from autosched.te.axis import Axis

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Points of a block along an axis with a margin before the last, and vectors along the last."""

POINTS, FEW_POINTS = 32, 16
"""The points by default, where one axis or two before the last have a margin, and where more have.

Fewer are computed again with many: means of five neighbours, twice, of 1024 x 1024 points take
442 us on a Zen 4 with 8 x 64 points, 394 with 32 x 128, 439 with all means before the next ones.
"""

VECTORS = 8
"""The vectors by default.

Means of three rows of 1024 numbers, three of which are added: 294 us with 16 x 64 points, 220 with
32 x 128, 260 with 64 x 256.
"""

BLOCKS_OF_A_THREAD = 2
"""Blocks that a thread has at least, by default, where their points can be fewer."""


class StencilBlocks(Rule):
    """Proposes blocks of points."""

    name = "stencils"

    def takes(self, prepared: Preparation) -> bool:
        return prepared.pads_inlined is not False

    def proposals(self, place: Place) -> Sequence[Proposal]:
        found = stencils_of(place.builder.schedule, place.stage, place.excluded)
        if found is None:
            return []
        takes = frozenset(stage.number for stage in found.members)
        blocks = Proposal("stencils", partial(_scheduled, found), takes=takes)
        rows = Proposal("stencils_rows", partial(_in_rows, found), takes=takes)
        return [rows, blocks] if _stays_near(found, place.core) else [blocks, rows]


def _stays_near(found: Stencils, core: Core) -> bool:
    """Whether one thread has all stages in its L2 cache, so that nothing need be computed again."""
    sizes = [[extent(axis) or LARGE for axis in stage.op.axis] for stage in found.members]
    return core.threads == 1 and 4 * sum(map(prod, sizes)) <= core.l2_bytes // 2


def _in_rows(found: Stencils, place: Place) -> Iterable[Stage]:
    """Give the stages loops of their own."""
    numbers = [stage.number for stage in (*found.members, found.sink)]
    schedule_non_contractions(place.builder, numbers, NonContractionVariant(), place.core)
    return [place.builder.schedule.numbered[number] for number in numbers]


def _scheduled(found: Stencils, place: Place) -> Iterable[Stage]:
    b, lanes = place.builder, place.core.lanes
    sink = b.schedule.numbered[found.sink.number]
    members = {b.schedule.numbered[stage.number]: each for stage, each in found.members.items()}
    *before, last = range(len(sink.op.axis))
    across, within, row = [], [], None
    wide = [d for d in before if d in found.margins]
    points = _points(found, place.core)
    for d in before:
        axis = sink.op.axis[d]
        if d in wide:
            axis, inner = _block(b, sink, axis, SIZES, points)
            within.append(inner)
            if sink.op.axis[d] is rows_shared(b.schedule, sink):
                row = inner
        across.append(axis)
    sizes = [lanes * count for count in SIZES]
    outer, inner = _block(b, sink, sink.op.axis[last], sizes, VECTORS * lanes)
    loops = [*across, outer]
    b.reorder(sink, [*loops, *within, inner])
    at = b.fuse(sink, loops)
    b.parallel(sink, at)
    _vectorize(b, sink, inner, lanes, row)
    for stage, places in members.items():
        b.compute_at(stage, sink, at)
        b.set_scope(stage, "local")
        along = [axis for axis, d in zip(stage.op.axis, places, strict=True) if d == last]
        _vectorize(b, stage, (along or stage.op.axis)[-1], lanes, rows_shared(b.schedule, stage))
    return [*members, sink]


def _points(found: Stencils, core: Core) -> int:
    """Return the points of a block along an axis with a margin before the last, by default."""
    *before, last = (extent(axis) or LARGE for axis in found.sink.op.axis)
    wide = [size for d, size in enumerate(before) if d in found.margins]
    others = prod(size for d, size in enumerate(before) if d not in found.margins)
    points = POINTS if len(wide) <= 2 else FEW_POINTS

    def blocks(points: int) -> int:
        rows = prod(ceil_div(size, points) for size in wide)
        return others * rows * ceil_div(last, VECTORS * core.lanes)

    while points > 1 and core.threads > 1 and blocks(points) < BLOCKS_OF_A_THREAD * core.threads:
        points //= 2
    return points


def _block(
    b: SketchBuilder, stage: Stage, axis: Axis, sizes: Sequence[int], default: int
) -> tuple[Axis, Axis]:
    """Split an axis into blocks of so many points; return the loops over blocks and in one."""
    size = extent(axis)
    choices = [count for count in sizes if size is None or count <= size] or sizes[:1]
    number = b.decide(
        f"{stage.name}.{axis.name}.block", "block", choices, min(default, choices[-1])
    )
    return b.split(stage, axis, number, TAIL)


def _vectorize(b: SketchBuilder, stage: Stage, axis: Axis, lanes: int, row: Axis | None) -> None:
    """Vectorize the innermost loop of a stage, and compute several of its rows together."""
    step = b.decide(f"{stage.name}.vector", "vector", *vector_steps(None, lanes))
    outer, vector = b.split(stage, axis, step, TAIL)
    if row is not None and row is not axis:
        name = f"{stage.name}.{row.name}.unroll"
        number = b.decide(name, "unroll", ROWS_TOGETHER, ROWS_TOGETHER[-1])
        _, point = b.split(stage, row, number, TAIL)
        b.reorder(stage, [outer, point, vector])
        b.unroll(stage, point)
    b.vectorize(stage, vector)
