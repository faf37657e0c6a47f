"""Groups of stages that share the loops over rows of the last stage, the sink.

An axis of a producer is *aligned* with an axis of the sink if every reader indexes the producer
by that axis alone. The loops over axes of the sink that all stages of a group are aligned with
can be shared: each iteration needs its own part of every producer, and nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass, field
from math import prod

from autosched.schedule.inline import inline_all
from autosched.schedule.schedule import Schedule, Stage
from autosched.schedule.state import AtRoot, Inlined
from autosched.search.space.structure import Read, extent, reads_of
from autosched.search.space.tiles import LARGE
from autosched.te.tensor import ComputeOp, Operation

LEAST_ROWS = 8
"""Iterations that shared loops need: enough for the threads of a small machine."""

Alignment = dict[int, int]
"""For each dimension of the sink that a stage is aligned with, the stage's own dimension."""

Readers = list[tuple[Stage, Read]]


@dataclass(slots=True, eq=False)
class Group:
    """The sink, and the alignments of the other stages, producers first."""

    sink: Stage
    members: dict[Stage, Alignment] = field(default_factory=dict)

    @property
    def rows(self) -> list[int]:
        """The dimensions of the sink that every stage is aligned with."""
        shared = set(range(len(self.sink.op.axis)))
        return sorted(shared.intersection(*self.members.values()))

    def within(self, schedule: Schedule) -> Group:
        """Return the same group of another schedule of the same stages."""
        numbered = schedule.numbered
        members = {numbered[stage.number]: each for stage, each in self.members.items()}
        return Group(numbered[self.sink.number], members)

    def singles(self) -> list[Group]:
        """Return a group of one for each stage, readers first."""
        return [Group(stage) for stage in (self.sink, *reversed(self.members))]


def groups(
    schedule: Schedule, remaining: Collection[Stage], single: Collection[Stage] = ()
) -> list[Group]:
    """Put each of the `remaining` stages into one group, each `single` one into its own.

    Readers come first.
    """
    readers: dict[Operation, Readers] = {}
    found: dict[Stage, Group] = {}
    ops = inline_all(schedule)
    for stage in reversed(schedule.stages):
        op = ops[stage]
        if not isinstance(op, ComputeOp) or isinstance(stage.attachment, Inlined):
            continue
        if stage in remaining:
            group = None if stage in single else _joined(stage, readers.get(stage.op, []), found)
            found[stage] = group or Group(stage)
        for read in reads_of(op):
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


def _joined(stage: Stage, readers: Readers, found: dict[Stage, Group]) -> Group | None:
    """Add `stage` to the group of all its readers and return the group; None if it does not fit."""
    candidates = {found.get(reader) for reader, _ in readers}
    if stage.is_output or len(candidates) != 1:
        return None
    (group,) = candidates
    if group is None:
        return None
    aligned = _alignment(group, readers)
    axes = group.sink.op.axis
    if prod(extent(axes[d]) or LARGE for d in set(group.rows) & aligned.keys()) < LEAST_ROWS:
        return None
    group.members[stage] = aligned
    return group


def _alignment(group: Group, readers: Readers) -> Alignment:
    """Return the alignment that all readers of a stage agree on."""
    found: list[Alignment] = []
    for reader, read in readers:
        axes = reader.op.axis
        every = {d: d for d in range(len(axes))}
        own = every if reader is group.sink else group.members[reader]
        found.append({d: read.pure[axes[p]] for d, p in own.items() if axes[p] in read.pure})
    first = found[0]
    return {d: p for d, p in first.items() if all(other.get(d) == p for other in found)}
