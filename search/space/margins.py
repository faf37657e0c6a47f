"""Stages that are read at points around the reader's own, as stencils read an image.

e[i, j] = (x[i, j] + x[i+1, j] + x[i+2, j]) / 3
f[i, j] = e[i, j] + e[i+1, j] + e[i+2, j]             a margin of two rows
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autosched.analysis.affine import to_linear
from autosched.ir.expr import Call, Expr
from autosched.ir.traverse import postorder
from autosched.schedule.inline import inline_all
from autosched.schedule.schedule import Schedule, Stage
from autosched.schedule.state import AtRoot, Inlined
from autosched.search.space.structure import Read, extent, has_select, is_injective, reads_of
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Operation

MOST_MARGIN = 8
"""Points of a margin up to which blocks are worth that these are computed twice."""

MOST_READS = 16
"""Elements that a point reads up to which several points of an axis are computed together."""

ROWS_TOGETHER = (1, 2, 4)
"""The rows of a stencil that are computed together."""

NEAR = 4
"""Points of an axis that read common elements are less than so far apart."""

MOST_DIMENSIONS = 3
"""Dimensions with a margin up to which blocks are worth it.

Means of 9 neighbours in four dimensions, twice, of 48 points each: 7.2 to 8.0 ms by blocks, 5.9 by
stages of their own; of 7 neighbours in three, of 200 points: 7.6 and 8.6.
"""


@dataclass(frozen=True, eq=False)
class Stencils:
    """The last of several stages, and the others, which it reads around its points.

    `members` have for each of their axes the dimension of the sink; `margins` are the dimensions
    along which blocks of the sink need more points of them. What lacks a dimension of the sink,
    as a row that is added to all rows, is no member: other blocks would compute it again.
    """

    sink: Stage
    members: Mapping[Stage, tuple[int, ...]]
    margins: frozenset[int]


def stencils_of(schedule: Schedule, sink: Stage, excluded: Container[int] = ()) -> Stencils | None:
    """Return the stages that `sink` reads around its own points; None if there are none."""
    if not is_injective(sink) or not sink.op.axis:
        return None
    ops = inline_all(schedule)
    found = {sink: tuple(range(len(sink.op.axis)))}
    repeated = {d for d, axis in enumerate(sink.op.axis) if extent(axis) != 1}
    margins: set[int] = set()
    readers: dict[Operation, dict[Stage, list[Read]]] = {}
    for stage in reversed(schedule.stages):
        op = ops[stage]
        if not isinstance(op, ComputeOp) or isinstance(stage.attachment, Inlined):
            continue
        mine = readers.get(stage.op, {})
        if mine and mine.keys() <= found.keys() and stage.number not in excluded:
            placed = _placed(mine, found) if _may_be_computed_again(stage) else None
            if placed is not None and repeated.isdisjoint(set(found[sink]).difference(placed[0])):
                found[stage], wide = placed
                margins |= wide
        for read in reads_of(op):
            readers.setdefault(read.tensor.op, {}).setdefault(stage, []).append(read)
    members = {stage: places for stage, places in reversed(found.items()) if stage is not sink}
    is_worth_it = 0 < len(margins) <= MOST_DIMENSIONS
    return Stencils(sink, members, frozenset(margins)) if is_worth_it else None


def is_read_around(schedule: Schedule, stage: Stage) -> bool:
    """Whether a stage reads `stage` at several points around its own."""
    reads = [_reads(consumer, stage) for consumer in schedule.consumers(stage)]
    found = [_around(each) for each in reads]
    return any(around is not None and any(size for _, size in around) for around in found)


def rows_shared(schedule: Schedule, stage: Stage) -> Axis | None:
    """Return the outermost axis but the last whose neighbouring points read common elements.

    None if there is none, or if a point takes functions, or conditions other than those of padding
    that it reads, or reads so much that the reads of several points do not stay in registers.
    Means of 9 points of a padded image of 1024 x 1024 take 181 us with four rows together, 294
    without.
    """
    op = inline_all(schedule)[stage]
    if not is_injective(stage) or not isinstance(op, ComputeOp) or has_select(stage):
        return None
    if any(type(node) is Call for node in postorder(op.bodies)):
        return None
    reads = {(read.tensor, tuple(map(_step, read.indices))) for read in reads_of(op)}
    if len(reads) > MOST_READS:
        return None
    for axis in stage.op.axis[:-1]:
        places: dict[object, set[int]] = {}
        for tensor, steps in reads:
            mine = [step[1] for step in steps if step is not None and step[0] is axis]
            if None not in steps and len(mine) == 1:
                others = tuple(step for step in steps if step != (axis, mine[0]))
                places.setdefault((tensor, others), set()).update(mine)
        if any(map(_are_near, places.values())):
            return axis
    return None


def _are_near(places: set[int]) -> bool:
    """Whether some of several places are close to each other."""
    ordered = sorted(places)
    return any(b - a < NEAR for a, b in pairwise(ordered))


def _reads(consumer: Stage, stage: Stage) -> list[Read]:
    op = consumer.op
    found = reads_of(op) if isinstance(op, ComputeOp) else ()
    return [read for read in found if read.tensor.op is stage.op]


def _may_be_computed_again(stage: Stage) -> bool:
    is_free = isinstance(stage.attachment, AtRoot) and not stage.is_output
    return is_free and is_injective(stage) and not has_select(stage)


def _placed(
    readers: Mapping[Stage, Sequence[Read]], found: Mapping[Stage, tuple[int, ...]]
) -> tuple[tuple[int, ...], set[int]] | None:
    """Return the dimensions of the sink for those of a stage, and those that need a margin.

    None if a reader reads other points, or readers disagree.
    """
    places: set[tuple[int, ...]] = set()
    margins: set[int] = set()
    for reader, reads in readers.items():
        around = _around(reads)
        axes = list(reader.op.axis)
        if around is None or any(axis not in axes for axis, _ in around):
            return None
        place = tuple(found[reader][axes.index(axis)] for axis, _ in around)
        places.add(place)
        margins |= {dimension for dimension, (_, size) in zip(place, around, strict=True) if size}
    return (places.pop(), margins) if len(places) == 1 else None


def _around(reads: Sequence[Read]) -> list[tuple[Axis, int]] | None:
    """Return the axis of each dimension that is read, and the extent of the margin along it.

    None if an index is something else than an axis and a number, or the margin is long.
    """
    found: list[tuple[Axis, int]] = []
    for indices in zip(*(read.indices for read in reads), strict=True):
        steps = [_step(index) for index in indices]
        known = [step for step in steps if step is not None]
        axes = {axis for axis, _ in known}
        offsets = [offset for _, offset in known]
        if len(known) < len(steps) or len(axes) != 1:
            return None
        found.append((axes.pop(), max(offsets) - min(offsets)))
    is_near = all(size <= MOST_MARGIN for _, size in found)
    is_plain = len({axis for axis, _ in found}) == len(found)
    return found if is_near and is_plain else None


def _step(index: Expr) -> tuple[Axis, int] | None:
    """Return the axis and the number that an index adds; None for others."""
    linear = to_linear(index)
    if len(linear.terms) != 1:
        return None
    ((axis, step),) = linear.terms.items()
    return (axis, linear.const) if isinstance(axis, Axis) and step == 1 else None
