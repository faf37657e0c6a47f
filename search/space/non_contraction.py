"""The rule for stages that are no contractions: groups that share the loops over their rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from itertools import product

from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.schedule.tail import EXACT
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.group_rule import GroupRule
from autosched.search.space.groups import Group, groups
from autosched.search.space.movement import crossing_of, turn_tiles
from autosched.search.space.reduction import (
    is_long,
    is_reduction,
    reduces_in_lanes,
    reuses,
    turned_axes,
)
from autosched.search.space.structure import extent, has_select
from autosched.search.space.tiles import Core


@dataclass(frozen=True)
class NonContractionVariant:
    """The structural choices of one sketch.

    `tail` is how tails run, `pads_separate` whether padding has loop nests of its own,
    `streamed` whether a long reduction over rows reads long blocks of each row instead of a tile
    of columns, and `turned` whether what only moves elements runs in tiles.
    """

    tail: str = "partition"
    pads_separate: bool = False
    streamed: bool = False
    turned: bool = True

    def differs(self, builder: SketchBuilder) -> bool:
        """Whether the sketch depends on the tail: without a remainder all tails are alike."""
        return self.tail == "partition" or builder.uneven

    @property
    def name(self) -> str:
        separate, streamed = "_apart" * self.pads_separate, "_streamed" * self.streamed
        return f"rows_{self.tail}{separate}{streamed}{'_strided' * (not self.turned)}"


def non_contraction_variants(builder: SketchBuilder, lanes: int) -> list[NonContractionVariant]:
    """Return the variants worth trying for the stages at the root, the best guess first."""
    stages = [stage for stage in builder.schedule.stages if not stage.is_placeholder]
    pads = any(_is_pad(stage) and isinstance(stage.attachment, AtRoot) for stage in stages)
    separate = (False, True) if pads else (False,)
    streamed = (True, False) if any(_streams(stage, lanes) for stage in stages) else (False,)
    turned = (True, False) if any(map(_crosses, stages)) else (True,)
    return [
        NonContractionVariant(tail, single, streams, turns)
        for turns, streams, single, tail in product(turned, streamed, separate, EXACT[::-1])
    ]


def _crosses(stage: Stage) -> bool:
    return crossing_of(stage) is not None


def _streams(stage: Stage, lanes: int) -> bool:
    """Whether a long reduction down columns reuses nothing, so that the order of reads counts."""
    if not is_long(stage) or reduces_in_lanes(stage, lanes):
        return False
    wide = [axis for axis in stage.op.axis if extent(axis) != 1]
    return not any(reuses(stage, axis) for axis in wide[:-1])


def schedule_non_contractions(
    builder: SketchBuilder, remaining: Collection[int], variant: NonContractionVariant, core: Core
) -> None:
    """Schedule the stages numbered `remaining`, all of them at the root.

    Where the shared loops of a group are illegal, each of its stages gets loops of its own; where
    those are illegal too, a stage keeps the loops of its expression.
    """
    schedule = builder.schedule
    stages = [stage for stage in schedule.stages if stage.number in remaining]
    single = [stage for stage in stages if variant.pads_separate and _is_pad(stage)]

    def scheduled(group: Group) -> bool:
        here = group.within(builder.schedule)
        if _turns_sums(here):
            return False
        found = crossing_of(here.sink) if variant.turned and not here.members else None
        if found is not None:
            turn_tiles(builder, here.sink, found, core.lanes, variant.tail)
            return True
        GroupRule(builder, here, core, variant.tail, variant.streamed).apply()
        return True

    for group in groups(schedule, stages, single, in_parts=True):
        if not builder.first_legal([partial(scheduled, group)]) and group.members:
            for each in group.singles():
                builder.first_legal([partial(scheduled, each)])


def _turns_sums(group: Group) -> bool:
    """Whether a stage of a group with sums turns elements: vectors of sums would lie across."""
    stages = (group.sink, *group.members)
    return any(map(is_reduction, stages)) and any(_crosses(s) or turned_axes(s) for s in stages)


def _is_pad(stage: Stage) -> bool:
    return has_select(stage) and not is_reduction(stage)
