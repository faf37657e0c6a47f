"""Assembles a sketch: applies rules to all stages and checks each as it is applied."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import partial

from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.calls import apply, proposals_of
from autosched.search.space.non_contraction import NonContractionVariant, schedule_non_contractions
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import epilogue
from autosched.search.space.tiles import Core
from autosched.te.tensor import ComputeOp


@dataclass(frozen=True)
class Anchor:
    """The stage that a sketch varies, by its number, and the way of a rule to schedule it."""

    number: int
    rule: Rule
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
            tried = [(anchor.rule, anchor.proposal)]
        else:
            excluded = done | reserved
            tried = _first_guesses(rules, Place(builder, stage, core, excluded))
        scheduled = builder.first_legal(
            partial(_scheduled, builder, number, *each, core, excluded) for each in tried
        )
        if scheduled is None and anchor is not None and number == anchor.number:
            return False
        if scheduled is not None:
            rule, numbers = scheduled
            done |= numbers
            builder.rules.append(rule.name)
    remaining = [
        stage.number
        for stage in builder.schedule.stages
        if stage.number not in done
        and isinstance(stage.attachment, AtRoot)
        and isinstance(stage.op, ComputeOp)
    ]
    schedule_non_contractions(builder, remaining, rows or NonContractionVariant(), core)
    return True


def _first_guesses(rules: Sequence[Rule], place: Place) -> list[tuple[Rule, Proposal]]:
    """Return the best guess of general rules, and the best simple one."""
    general = [rule for rule in rules if rule.is_general]
    found = [(rule, each) for rule in general for each in proposals_of(rule, place)]
    simple = [each for each in found if each[1].is_simple]
    return [*found[:1], *(each for each in simple[:1] if each is not found[0])]


def _scheduled(
    builder: SketchBuilder,
    number: int,
    rule: Rule,
    proposal: Proposal,
    core: Core,
    excluded: Container[int],
) -> tuple[Rule, set[int]]:
    """Schedule a stage by a rule; return the rule and the numbers of the scheduled stages."""
    stage = builder.schedule.numbered[number]
    return rule, apply(rule, proposal, Place(builder, stage, core, excluded))
