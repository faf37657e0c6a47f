"""The rule for what is no contraction: groups of stages that share the loops over their rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product

from autosched.schedule.relations import AtRoot
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.group_rule import GroupRule
from autosched.search.space.groups import groups
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

    @property
    def needs_tails(self) -> bool:
        """It differs from the others only where tiles are left over."""
        return self.tail != "partition"

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
    builder: SketchBuilder, remaining: Collection[Stage], variant: RestVariant, lanes: int
) -> None:
    """Schedule the `remaining` stages, all of them at the root."""
    apart = [stage for stage in remaining if variant.pads_apart and _is_pad(stage)]
    for group in groups(builder.schedule, remaining, apart):
        GroupRule(builder, group, lanes, variant.tail, variant.streamed).apply()


def _is_pad(stage: Stage) -> bool:
    return chooses(stage) and not is_reduction(stage)
