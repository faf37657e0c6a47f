"""A group under construction, and the loops over its rows that stages share."""

from __future__ import annotations

from collections.abc import Collection

from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.groups import Group
from autosched.search.space.reduction import is_reduction, reduces_in_lanes
from autosched.search.space.row_dots import reduce_lanes
from autosched.search.space.row_loops import row_loops
from autosched.search.space.structure import extent
from autosched.search.space.tiles import Core
from autosched.te.axis import Axis


class GroupLoops:
    """A sink with its members, which are computed in loops of the sink."""

    def __init__(self, builder: SketchBuilder, group: Group, core: Core, tail: str) -> None:
        self.b = builder
        self.sink = group.sink
        self.members = dict(group.members)
        self.rows, self.parts = group.rows, group.parts
        self.tail = tail
        self.core = core
        self.lanes = core.lanes

    @property
    def innermost(self) -> int:
        """The dimension of the sink's innermost axis, of those of more than one point if any."""
        axes = self.sink.op.axis
        wide = [d for d, axis in enumerate(axes) if extent(axis) != 1]
        return wide[-1] if wide else len(axes) - 1

    def parallel(self, axes: list[Axis]) -> Axis | None:
        """Fuse and parallelize the sink's loops; return the innermost loop of `axes` after that."""
        # The loop of a split counts whatever its extent, which depends on a decision.
        wide = [axis for axis in axes if extent(axis) != 1 or axis not in self.sink.op.axis]
        if not wide:
            return axes[-1] if axes else None
        first, last = axes.index(wide[0]), axes.index(wide[-1])
        shared = self.b.fuse(self.sink, axes[first : last + 1])
        self.b.parallel(self.sink, shared)
        return axes[-1] if last + 1 < len(axes) else shared

    def member(self, stage: Stage, at: Axis | None) -> Stage:
        """Schedule a producer of rows, computed in the loop `at` of the sink.

        Return the stage that reads what it needs.
        """
        reader = stage
        b = self.b
        rows = [stage.op.axis[p] for d, p in self.members[stage].items() if d in self.rows]
        own = [axis for axis in stage.op.axis if axis not in rows]
        if reduces_in_lanes(stage, self.lanes):
            reader = partial = reduce_lanes(b, stage, self.core)
            b.reorder(stage, [*rows, *own, *stage.op.reduce_axis])
            parent, inside = (stage, own[-1]) if own else (self.sink, at)
            if inside is not None:
                b.compute_at(partial, parent, inside)
        else:
            inner, points = row_loops(b, stage, own, self.lanes, self.tail)
            b.reorder(stage, [*rows, *inner, *points])
        if at is not None:
            b.compute_at(stage, self.sink, at)
            if not (own and is_reduction(stage)):  # where it is not local, it is promoted
                b.set_scope(stage, "local")
        return reader

    def all_aligned(self, dimensions: Collection[int]) -> bool:
        """Whether all members are aligned with these dimensions of the sink."""
        return all(aligned.keys() >= set(dimensions) for aligned in self.members.values())
