"""The rule for stencils of stencils: blocks of the last stage, each with the margin that it reads.

    for blocks of rows and columns of the last stage, shared by the threads:
        the stages that it reads, for these points and those around     in L1
        the last stage

Inlined, what is read at three points would be computed three times; alone, it leaves the caches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.margins import Stencils, stencils_of
from autosched.search.space.preparation import Preparation
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import extent
from autosched.search.space.tiles import TAIL, vector_steps
from autosched.te.axis import Axis

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Points of a block along an axis with a margin before the last, and vectors along the last."""

POINTS, FEW_POINTS = 16, 8
"""The points by default, where one axis before the last has a margin, and where several have."""

VECTORS, MANY_VECTORS = 4, 16
"""The vectors by default, without a margin along the last axis and with one.

Means of three rows of 1024 numbers, three of which are added: 16 x 64 points take 357 us, 16 x 256
394, 64 x 64 436, whole rows 430, each mean computed three times 675, all means before the sums 622.
"""


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
        return [Proposal("stencils", partial(_scheduled, found), takes=takes)]


def _scheduled(found: Stencils, place: Place) -> Iterable[Stage]:
    b, lanes = place.builder, place.core.lanes
    sink = b.schedule.numbered[found.sink.number]
    members = {b.schedule.numbered[stage.number]: each for stage, each in found.members.items()}
    *before, last = range(len(sink.op.axis))
    across, within = [], []
    wide = [d for d in before if d in found.margins]
    for d in before:
        axis = sink.op.axis[d]
        if d in wide:
            axis, inner = _block(b, sink, axis, SIZES, POINTS if len(wide) == 1 else FEW_POINTS)
            within.append(inner)
        across.append(axis)
    sizes = [lanes * count for count in SIZES]
    vectors = MANY_VECTORS if last in found.margins else VECTORS
    outer, inner = _block(b, sink, sink.op.axis[last], sizes, vectors * lanes)
    loops = [*across, outer]
    b.reorder(sink, [*loops, *within, inner])
    at = b.fuse(sink, loops)
    b.parallel(sink, at)
    _vectorize(b, sink, inner, lanes)
    for stage, places in members.items():
        b.compute_at(stage, sink, at)
        b.set_scope(stage, "local")
        along = [axis for axis, d in zip(stage.op.axis, places, strict=True) if d == last]
        _vectorize(b, stage, (along or stage.op.axis)[-1], lanes)
    return [*members, sink]


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


def _vectorize(b: SketchBuilder, stage: Stage, axis: Axis, lanes: int) -> None:
    """Vectorize the innermost loop of a stage."""
    step = b.decide(f"{stage.name}.vector", "vector", *vector_steps(None, lanes))
    _, vector = b.split(stage, axis, step, TAIL)
    b.vectorize(stage, vector)
