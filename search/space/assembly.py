"""Assembles a sketch: applies rules to all stages and checks each as it is applied."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import partial

from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.non_contraction import NonContractionVariant, schedule_non_contractions
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import epilogue
from autosched.search.space.tiles import Core
from autosched.te.tensor import ComputeOp


@dataclass(frozen=True)
class Anchor:
    """The stage that a sketch varies, by its number, and the way to schedule it."""

    number: int
    proposal: Proposal


def assemble(
    builder: SketchBuilder,
    rules: Sequence[Rule],
    core: Core,
    anchor: Anchor | None = None,
    rows: NonContractionVariant | None = None,
) -> bool:
    """Schedule the anchor as proposed, and the other stages by the best guess.

    A stage for which the best guess is illegal gets a simpler one; `rows` is the variant of those
    that no rule takes. Return False if the proposal for the anchor is illegal.
    """
    schedule = builder.schedule
    done: set[int] = set()
    reserved: set[int] = set()
    if anchor is not None:
        after = epilogue(schedule, schedule.numbered[anchor.number])
        reserved = {stage.number for stage in after} | anchor.proposal.takes
    for number in [stage.number for stage in schedule.stages]:
        stage = builder.schedule.numbered[number]
        is_left = anchor is not None and number in anchor.proposal.takes
        if is_left or number in done or not isinstance(stage.attachment, AtRoot):
            continue
        if anchor is not None and number == anchor.number:
            excluded: set[int] = done
            tried = [anchor.proposal]
        else:
            excluded = done | reserved
            tried = _first_guesses(rules, Place(builder, stage, core, excluded))
        scheduled = builder.first_legal(
            partial(_scheduled, builder, number, each, core, excluded) for each in tried
        )
        if scheduled is None and anchor is not None and number == anchor.number:
            return False
        done |= scheduled or set()
    remaining = [
        stage.number
        for stage in builder.schedule.stages
        if stage.number not in done
        and isinstance(stage.attachment, AtRoot)
        and isinstance(stage.op, ComputeOp)
    ]
    schedule_non_contractions(builder, remaining, rows or NonContractionVariant(), core)
    return True


def _first_guesses(rules: Sequence[Rule], place: Place) -> list[Proposal]:
    """Return the best guess of general rules, and the best simple one."""
    found = [each for rule in rules if rule.is_general for each in rule.proposals(place)]
    simple = [each for each in found if each.is_simple]
    return [*found[:1], *(each for each in simple[:1] if each is not found[0])]


def _scheduled(
    builder: SketchBuilder, number: int, proposal: Proposal, core: Core, excluded: Container[int]
) -> set[int]:
    """Schedule a stage; return the numbers of the scheduled stages."""
    stage = builder.schedule.numbered[number]
    return {each.number for each in proposal.apply(Place(builder, stage, core, excluded))}
