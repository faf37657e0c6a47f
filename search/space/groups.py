"""Groups of stages that share the loops over rows of the last stage, the sink.

An axis of a producer is *aligned* with an axis of the sink if every reader indexes the producer
by that axis alone. The loops over axes of the sink that all stages of a group are aligned with
can be shared: each iteration needs its own part of every producer, and nothing is computed twice.

Where the sink indexes producers by an axis divided by a number, as the mean of a few channels, that
axis is aligned in parts: an iteration of the shared loop computes so many rows of the sink.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass, field
from math import prod
from typing import cast

from autosched.ir.expr import Const, FloorDiv
from autosched.ir.structure import equal
from autosched.ir.traverse import free_vars
from autosched.schedule.inline import inline_all
from autosched.schedule.relayout import simple_reads
from autosched.schedule.schedule import Schedule, Stage
from autosched.schedule.state import AtRoot, Inlined
from autosched.search.space.structure import Read, extent, points_of, read_of, reads_of
from autosched.search.space.tiles import LARGE
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Operation, TensorRead

LEAST_ROWS = 8
"""Iterations that shared loops need: enough for the threads of a small machine."""

LEAST_POINTS = 1024
"""Points of the sink from which on a part is worth a loop of its own.

What is summed is waited for there before it is used. Group norms in us, apart and together: 64
groups of 784 points 10.2 and 11.3, 32 of 3136 16.5 and 14.3, 32 of 10240 76 and 58.
"""

Alignment = dict[int, int]
"""For each dimension of the sink that a stage is aligned with, the stage's own dimension."""

Readers = list[tuple[Stage, Read]]


@dataclass(slots=True, eq=False)
class Group:
    """The sink, and the alignments of the other stages, producers first."""

    sink: Stage
    members: dict[Stage, Alignment] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)
    """By how many rows the sink's dimensions that are aligned in parts are divided."""

    @property
    def rows(self) -> list[int]:
        """The dimensions of the sink that every stage is aligned with."""
        shared = set(range(len(self.sink.op.axis)))
        return sorted(shared.intersection(*self.members.values()))

    def within(self, schedule: Schedule) -> Group:
        """Return the same group of another schedule of the same stages."""
        numbered = schedule.numbered
        members = {numbered[stage.number]: each for stage, each in self.members.items()}
        return Group(numbered[self.sink.number], members, dict(self.parts))

    def singles(self) -> list[Group]:
        """Return a group of one for each stage, readers first."""
        return [Group(stage) for stage in (self.sink, *reversed(self.members))]


def groups(
    schedule: Schedule,
    remaining: Collection[Stage],
    single: Collection[Stage] = (),
    in_parts: bool = False,
) -> list[Group]:
    """Put each of the `remaining` stages into one group, each `single` one into its own.

    Readers come first. Axes may be aligned `in_parts` where stages do not fit otherwise.
    """
    readers: dict[Operation, Readers] = {}
    found: dict[Stage, Group] = {}
    ops = inline_all(schedule)
    for stage in reversed(schedule.stages):
        op = ops[stage]
        if not isinstance(op, ComputeOp) or isinstance(stage.attachment, Inlined):
            continue
        if stage in remaining:
            its = [] if stage in single else readers.get(stage.op, [])
            found[stage] = _joined(stage, its, found, in_parts) or Group(stage)
        for read in reads_of(op):
            read = _simplified(read, op)
            readers.setdefault(read.tensor.op, []).append((stage, read))
    for group in (result := list(dict.fromkeys(found.values()))):
        group.members = dict(reversed(group.members.items()))
    return result


def group_of(schedule: Schedule, stage: Stage, excluded: Container[int] = ()) -> Group | None:
    """Return the group of a stage among those at the root whose numbers are not `excluded`."""
    free = [
        each
        for each in schedule.stages
        if isinstance(each.attachment, AtRoot)
        and isinstance(each.op, ComputeOp)
        and each.number not in excluded
    ]
    found = groups(schedule, free)
    return next((group for group in found if stage in (*group.members, group.sink)), None)


def _simplified(read: Read, op: ComputeOp) -> Read:
    """Simplify the indices of a read that was inlined: `(g * 4 + c) // 4` is `g`."""
    if not any(type(index) is FloorDiv and type(index.a) is not Axis for index in read.indices):
        return read
    simple = simple_reads((*op.axis, *op.reduce_axis))
    return read_of(cast(TensorRead, simple(read.tensor.read(read.indices))))


def _joined(
    stage: Stage, readers: Readers, found: dict[Stage, Group], in_parts: bool
) -> Group | None:
    """Add `stage` to the group of all its readers and return the group; None if it does not fit."""
    candidates = {found.get(reader) for reader, _ in readers}
    if stage.is_output or len(candidates) != 1:
        return None
    (group,) = candidates
    if group is None:
        return None
    parts = dict(group.parts)
    aligned = _alignment(group, readers, parts)
    if in_parts and not _fits(group, aligned, parts):
        parts |= _new_parts(group, readers)
        aligned = _alignment(group, readers, parts)
    if not _fits(group, aligned, parts):
        return None
    group.members[stage] = aligned
    group.parts = {d: number for d, number in parts.items() if d in group.rows}
    return group


def _fits(group: Group, aligned: Alignment, parts: dict[int, int]) -> bool:
    """Whether a stage of this alignment leaves enough rows to share, and parts long enough."""
    axes = group.sink.op.axis
    inner = _wide(group.sink)[-1:]
    if parts and any(d in each for d in inner for each in (aligned, *group.members.values())):
        return False
    rows = set(group.rows) & aligned.keys()
    count = prod((extent(axes[d]) or LARGE) // parts.get(d, 1) for d in rows)
    is_long = not parts or points_of(axes) // max(count, 1) >= LEAST_POINTS
    return count >= LEAST_ROWS and is_long


def _new_parts(group: Group, readers: Readers) -> dict[int, int]:
    """Return the dimensions that could be aligned in parts, and the rows of a part of each."""
    sink = group.sink
    if sink.op.reduce_axis:
        return {}
    taken = set[int]().union(*group.members.values())
    reads = [read for reader, read in readers if reader is sink]
    free = [d for d in _wide(sink)[:-1] if d not in taken]
    found = {d: _divisors(reads, sink.op.axis[d]) for d in free}
    return {d: min(sizes) for d, sizes in found.items() if len(sizes) == 1}


def _wide(stage: Stage) -> list[int]:
    """Return the dimensions of more than one point."""
    return [d for d, axis in enumerate(stage.op.axis) if extent(axis) != 1]


def _divisors(reads: list[Read], axis: Axis) -> set[int]:
    """Return the numbers that divide the extent of an axis and by which it is divided in reads."""
    size = extent(axis) or 1
    found = {
        int(index.b.value)
        for read in reads
        for index in read.indices
        if type(index) is FloorDiv and index.a is axis and type(index.b) is Const
    }
    return {number for number in found if 1 < number < size and size % number == 0}


def _alignment(group: Group, readers: Readers, parts: dict[int, int]) -> Alignment:
    """Return the alignment that all readers of a stage agree on."""
    found: list[Alignment] = []
    for reader, read in readers:
        axes = reader.op.axis
        every = {d: d for d in range(len(axes))}
        own = every if reader is group.sink else group.members[reader]
        numbers = parts if reader is group.sink else {}
        places = {d: _place(read, axes[p], numbers.get(d, 1)) for d, p in own.items()}
        found.append({d: place for d, place in places.items() if place is not None})
    first = found[0]
    return {d: p for d, p in first.items() if all(other.get(d) == p for other in found)}


def _place(read: Read, axis: Axis, number: int) -> int | None:
    """Return the dimension of a read that an axis divided by `number` indexes alone, or None."""
    if number == 1:
        return read.pure.get(axis)
    places = [p for p, index in enumerate(read.indices) if axis in free_vars(index)]
    alone = len(places) == 1 and equal(read.indices[places[0]], axis // number)
    return places[0] if alone else None
