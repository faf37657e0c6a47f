"""Putting a sketch together: the rules applied to all stages, each checked as it is applied."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from autosched.schedule.relations import AtRoot
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.contraction import ContractionRule
from autosched.search.space.rest import RestVariant, schedule_rest
from autosched.search.space.structure import contraction, epilogue
from autosched.search.space.variants import Variant, variants
from autosched.te.operation import ComputeOp


def options(builder: SketchBuilder, stage: Stage, taken: Container[int] = ()) -> list[Variant]:
    """The variants of a contraction, the best guess first; none where `stage` is no such thing.

    Stages whose numbers are `taken` do not count as its epilogue.
    """
    info = contraction(stage)
    if info is None:
        return []
    return variants(info, direct=not epilogue(builder.schedule, stage, taken))


def assemble(
    builder: SketchBuilder, anchor: int | None, variant: Variant | RestVariant, lanes: int
) -> bool:
    """Schedule the stage numbered `anchor` by `variant`, and the others as is best guessed.

    A stage for which the best guess is illegal gets something simpler. False where `variant`
    itself is.
    """
    done: set[int] = set()
    kept: set[int] = set()
    if anchor is not None:
        chain = epilogue(builder.schedule, builder.schedule.numbered[anchor])
        kept = {stage.number for stage in chain}
    for number in [stage.number for stage in builder.schedule.stages]:
        stage = builder.schedule.numbered[number]
        if number in done or not isinstance(stage.attachment, AtRoot):
            continue
        taken = done if number == anchor else done | kept
        tried = _first_guesses(options(builder, stage, taken))
        if number == anchor:
            assert isinstance(variant, Variant)
            tried = [variant]
        scheduled = builder.first_legal(
            _contracted(builder, number, each, lanes, taken) for each in tried
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
    rest = variant if isinstance(variant, RestVariant) else RestVariant()
    schedule_rest(builder, remaining, rest, lanes)
    return True


def _first_guesses(found: Sequence[Variant]) -> list[Variant]:
    """The best guess, and the best of those that copy nothing."""
    unpacked = [each for each in found if not each.packed]
    return [*found[:1], *(each for each in unpacked[:1] if each is not found[0])]


def _contracted(
    builder: SketchBuilder, number: int, variant: Variant, lanes: int, taken: Container[int]
) -> Callable[[], set[int]]:
    def apply() -> set[int]:
        stage = builder.schedule.numbered[number]
        rule = ContractionRule(builder, stage, variant, lanes, taken)
        return {each.number for each in rule.apply()}

    return apply
