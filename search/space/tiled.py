"""The rule for contractions: tiles in registers, of the axes along which operands are reused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autosched.schedule.schedule import Stage
from autosched.search.space.contraction import ContractionRule
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.structure import contraction, epilogue
from autosched.search.space.variants import Variant, variants


class TiledContraction(Rule):
    """Proposes the variants of a contraction."""

    name = "contraction"

    def proposals(self, place: Place) -> Sequence[Proposal]:
        found = contraction(place.stage)
        if found is None:
            return []
        direct = not epilogue(place.builder.schedule, place.stage, place.excluded)
        return [_proposal(each) for each in variants(found, direct, place.core, place.core.dots)]


def _proposal(variant: Variant) -> Proposal:
    def apply(place: Place) -> Iterable[Stage]:
        rule = ContractionRule(place.builder, place.stage, variant, place.core, place.excluded)
        return rule.apply()

    return Proposal(variant.name, apply, is_simple=not variant.packed)
