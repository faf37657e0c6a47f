"""Assembles a sketch: applies the rules to all stages and checks each as it is applied."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import partial

from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.contraction import ContractionRule
from autosched.search.space.non_contraction import NonContractionVariant, schedule_non_contractions
from autosched.search.space.structure import contraction, epilogue
from autosched.search.space.tiles import Core
from autosched.search.space.variants import Variant, variants
from autosched.search.space.winograd import WinogradRule, WinogradVariant
from autosched.te.tensor import ComputeOp


def options(
    builder: SketchBuilder, stage: Stage, core: Core, excluded: Container[int] = ()
) -> list[Variant]:
    """Return the variants of a contraction, the best guess first; an empty list for other stages.

    Stages whose numbers are `excluded` do not belong to its epilogue.
    """
    info = contraction(stage)
    if info is None:
        return []
    direct = not epilogue(builder.schedule, stage, excluded)
    return variants(info, direct, core.dots)


def assemble(
    builder: SketchBuilder,
    anchor: int | None,
    variant: Variant | WinogradVariant | NonContractionVariant,
    core: Core,
) -> bool:
    """Schedule the stage numbered `anchor` by `variant`, and the others by the best guess.

    A stage for which the best guess is illegal gets a simpler variant. Return False if `variant`
    is illegal.
    """
    done: set[int] = set()
    reserved: set[int] = set()
    if anchor is not None:
        chain = epilogue(builder.schedule, builder.schedule.numbered[anchor])
        reserved = {stage.number for stage in chain}
    for number in [stage.number for stage in builder.schedule.stages]:
        stage = builder.schedule.numbered[number]
        if number in done or not isinstance(stage.attachment, AtRoot):
            continue
        if number == anchor:
            assert not isinstance(variant, NonContractionVariant)
            excluded: set[int] = done
            tried: Sequence[Variant | WinogradVariant] = [variant]
        else:
            excluded = done | reserved
            tried = _first_guesses(options(builder, stage, core, excluded))
        scheduled = builder.first_legal(
            partial(_contracted, builder, number, each, core, excluded) for each in tried
        )
        if scheduled is None and number == anchor:
            return False
        done |= scheduled or set()
    remaining = [
        stage.number
        for stage in builder.schedule.stages
        if stage.number not in done
        and isinstance(stage.attachment, AtRoot)
        and isinstance(stage.op, ComputeOp)
    ]
    others = variant if isinstance(variant, NonContractionVariant) else NonContractionVariant()
    schedule_non_contractions(builder, remaining, others, core)
    return True


def _first_guesses(found: Sequence[Variant]) -> list[Variant]:
    """Return the best guess, and the best one that packs nothing."""
    unpacked = [each for each in found if not each.packed]
    return [*found[:1], *(each for each in unpacked[:1] if each is not found[0])]


def _contracted(
    builder: SketchBuilder,
    number: int,
    variant: Variant | WinogradVariant,
    core: Core,
    excluded: Container[int],
) -> set[int]:
    """Schedule a contraction; return the numbers of the scheduled stages."""
    stage = builder.schedule.numbered[number]
    rule: ContractionRule | WinogradRule
    if isinstance(variant, WinogradVariant):
        rule = WinogradRule(builder, stage, variant, core, excluded)
    else:
        rule = ContractionRule(builder, stage, variant, core, excluded)
    return {each.number for each in rule.apply()}
