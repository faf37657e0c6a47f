"""The rule for what is no contraction: groups of stages that share the loops over their rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import product

from autosched.schedule.relations import AtRoot
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.group_rule import GroupRule
from autosched.search.space.groups import Group, groups
from autosched.search.space.reduction import by_lanes, is_long, is_reduction, reuses
from autosched.search.space.structure import chooses, extent


@dataclass(frozen=True)
class RestVariant:
    """The structural choices.

    How tails run, whether padding has nests of its own, and whether a long reduction over
    rows goes through stretches of them rather than down a tile of columns.
    """

    tail: str = "partition"
    pads_apart: bool = False
    streamed: bool = False

    def differs(self, builder: SketchBuilder) -> bool:
        """What was built is not what another variant gives: tails differ where there are any."""
        return self.tail == "partition" or builder.uneven

    @property
    def name(self) -> str:
        apart, streamed = "_apart" * self.pads_apart, "_streamed" * self.streamed
        return f"rows_{self.tail}{apart}{streamed}"


def rest_variants(builder: SketchBuilder, lanes: int) -> list[RestVariant]:
    """The sketches worth trying for what is at the root, the best guess first."""
    stages = [stage for stage in builder.schedule.stages if not stage.is_placeholder]
    pads = any(_is_pad(stage) and isinstance(stage.attachment, AtRoot) for stage in stages)
    apart = (False, True) if pads else (False,)
    streamed = (True, False) if any(_streams(stage, lanes) for stage in stages) else (False,)
    return [
        RestVariant(tail, alone, streams)
        for streams, alone, tail in product(streamed, apart, ("partition", "guard"))
    ]


def _streams(stage: Stage, lanes: int) -> bool:
    if not is_long(stage) or by_lanes(stage, lanes):
        return False
    return not any(reuses(stage, axis) for axis in stage.op.axis[:-1] if extent(axis) != 1)


def schedule_rest(
    builder: SketchBuilder, remaining: Collection[int], variant: RestVariant, lanes: int
) -> None:
    """Schedule the stages with the numbers `remaining`, all of them at the root.

    Stages that cannot share their loops get loops of their own; what has no legal ones by
    the rule keeps those of its expression.
    """
    schedule = builder.schedule
    stages = [stage for stage in schedule.stages if stage.number in remaining]
    apart = [stage for stage in stages if variant.pads_apart and _is_pad(stage)]

    def scheduled(group: Group) -> Callable[[], bool]:
        def apply() -> bool:
            here = group.within(builder.schedule)
            GroupRule(builder, here, lanes, variant.tail, variant.streamed).apply()
            return True

        return apply

    for group in groups(schedule, stages, apart):
        if not builder.first_legal([scheduled(group)]) and group.members:
            for alone in group.apart():
                builder.first_legal([scheduled(alone)])


def _is_pad(stage: Stage) -> bool:
    return chooses(stage) and not is_reduction(stage)
