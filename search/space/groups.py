"""Groups: stages computed together, row by row of what the last of them gives.

An axis of a producer goes along with an axis of the sink where every reader indexes the
producer by that axis alone. Where all stages of a group go along with some axes of the
sink, the loops over these can be shared: each iteration needs its own part of every
producer and nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from math import prod

from autosched.schedule.inline import inline_all
from autosched.schedule.relations import Inlined
from autosched.schedule.schedule import Schedule
from autosched.schedule.stage import Stage
from autosched.search.space.structure import Read, extent, reads_of
from autosched.search.space.tiles import LARGE
from autosched.te.operation import ComputeOp
from autosched.te.tensor import Operation

LEAST_ROWS = 8
"""Iterations that shared loops need: enough for the threads of a small machine."""

Along = dict[int, int]
"""The dimensions of the sink that a stage goes along with, and its own dimension for each."""


@dataclass(slots=True, eq=False)
class Group:
    """The sink, and the other stages by what they go along with, producers first."""

    sink: Stage
    members: dict[Stage, Along] = field(default_factory=dict)

    @property
    def rows(self) -> list[int]:
        """The dimensions of the sink that every stage goes along with."""
        shared = set(range(len(self.sink.op.axis)))
        for along in self.members.values():
            shared &= along.keys()
        return sorted(shared)

    def within(self, schedule: Schedule) -> Group:
        """The same group of another schedule of the same stages."""
        numbered = schedule.numbered
        members = {numbered[stage.number]: along for stage, along in self.members.items()}
        return Group(numbered[self.sink.number], members)

    def apart(self) -> list[Group]:
        """Its stages as groups of one, readers first."""
        return [Group(stage) for stage in (self.sink, *reversed(self.members))]


Readers = list[tuple[Stage, Read]]


def groups(
    schedule: Schedule, remaining: Collection[Stage], apart: Collection[Stage] = ()
) -> list[Group]:
    """The `remaining` stages, each in one group, readers first; those `apart` have one alone."""
    readers: dict[Operation, Readers] = {}
    found: dict[Stage, Group] = {}
    for stage, op in reversed(inline_all(schedule).items()):
        if not isinstance(op, ComputeOp) or isinstance(stage.attachment, Inlined):
            continue
        if stage in remaining:
            group = None if stage in apart else _joined(stage, readers.get(stage.op, []), found)
            found[stage] = group or Group(stage)
        for read in reads_of(op):
            readers.setdefault(read.tensor.op, []).append((stage, read))
    for group in (result := list(dict.fromkeys(found.values()))):
        group.members = dict(reversed(group.members.items()))
    return result


def _joined(stage: Stage, readers: Readers, found: dict[Stage, Group]) -> Group | None:
    """The group of all readers, with `stage` now in it, where it fits there."""
    candidates = {found.get(reader) for reader, _ in readers}
    if stage.is_output or len(candidates) != 1:
        return None
    (group,) = candidates
    if group is None:
        return None
    along = _along(group, readers)
    axes = group.sink.op.axis
    if prod(extent(axes[d]) or LARGE for d in set(group.rows) & along.keys()) < LEAST_ROWS:
        return None
    group.members[stage] = along
    return group


def _along(group: Group, readers: Readers) -> Along:
    """What a stage goes along with, by how every reader indexes it."""
    found: list[Along] = []
    for reader, read in readers:
        axes = reader.op.axis
        every = {d: d for d in range(len(axes))}
        own = every if reader is group.sink else group.members[reader]
        found.append({d: read.pure[axes[p]] for d, p in own.items() if axes[p] in read.pure})
    first = found[0]
    return {d: p for d, p in first.items() if all(other.get(d) == p for other in found)}
