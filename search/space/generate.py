"""The sketches of an expression: what rules propose for one stage, the best guess for others.

Every proposal of a rule is checked, and undone if it is illegal. The last sketch is the expression
as it is written, which is always legal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import prod

from autosched.schedule.sketch import Sketch
from autosched.search.space.assembly import Anchor, assemble
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.calls import proposals_of
from autosched.search.space.non_contraction import non_contraction_variants
from autosched.search.space.preparation import Preparation, preparations
from autosched.search.space.rule import Place, Rule
from autosched.search.space.rules import RULES
from autosched.search.space.serial import with_serial
from autosched.search.space.structure import extent
from autosched.search.space.tiles import Core
from autosched.target.target import Target
from autosched.te.tensor import Tensor

MANY = 1024
"""Points of an axis of a symbolic extent, in a guess."""

PLAIN = Sketch("plain", (), (), ())
"""All stages one after the other, each with the loops of its expression."""


@dataclass(frozen=True)
class Space:
    """The sketches of an expression, the best guess first, and why others were dropped.

    `refused` counts the candidates that turned out to be illegal, by reason.
    """

    sketches: list[Sketch]
    dropped: list[str]
    refused: Counter[str] = field(default_factory=Counter)


def space(outputs: Sequence[Tensor], target: Target, rules: Sequence[Rule] | None = None) -> Space:
    """Return every structure that the rules find for `outputs`; by default those of `RULES`."""
    made = _made(outputs, target, rules, most=None)
    found = [*made.certain, *made.found]
    distinct = {sketch.steps: sketch for sketch in reversed(found) if sketch.steps}
    kept = [sketch for sketch in found if distinct.get(sketch.steps) is sketch]
    return Space([*with_serial(kept, outputs, target), PLAIN], made.dropped)


def best_guess(outputs: Sequence[Tensor], target: Target) -> Sketch:
    """Return the first sketch of the space of `outputs`; most of the others are not made."""
    made = _made(outputs, target, None, most=1)
    found = [*made.certain, *made.found][:1]
    if any(not sketch.steps for sketch in found):
        return space(outputs, target).sketches[0]
    return next(with_serial(found, outputs, target), PLAIN)


def _made(
    outputs: Sequence[Tensor], target: Target, rules: Sequence[Rule] | None, most: int | None
) -> _Sketches:
    core = Core.of(target, max(32, *(tensor.dtype.bits for tensor in outputs)))
    made = _Sketches(RULES.listed if rules is None else rules, core, most)
    for prepared in preparations(outputs, core, made.has_anchor):
        made.add(prepared)
    return made


class _Sketches:
    """The sketches of an expression that rules make for a core, and why others were dropped.

    Of those that one rule makes for one stage, the first `most` are made.
    """

    def __init__(self, rules: Sequence[Rule], core: Core, most: int | None):
        self.rules = rules
        self.core = core
        self.most = most
        self.certain: list[Sketch] = []
        self.found: list[Sketch] = []
        self.dropped: list[str] = []

    def has_anchor(self, prepared: Preparation) -> bool:
        """Whether some rule has proposals for some stage of an expression that is prepared so."""
        return bool(self._anchors(prepared))

    def add(self, prepared: Preparation) -> None:
        """Add the sketches of the heaviest stage that has legal ones, else of groups of rows."""
        for anchor in self._anchors(prepared):
            rules = [rule for rule in self.rules if rule.takes(prepared)]
            made = [self._varied(prepared, anchor, rule) for rule in rules]
            if any(made):
                return
        self.found += islice(self._of_rows(prepared), self.most)

    def _varied(self, prepared: Preparation, anchor: int, rule: Rule) -> bool:
        """Add the sketches of a rule for a stage; return whether there are any."""
        found = list(islice(self._legal(prepared, anchor, rule), self.most))
        certain = [sketch for sketch, is_certain in found[:1] if is_certain]
        self.certain += certain
        self.found += [sketch for sketch, _ in found[len(certain) :]]
        return bool(found)

    def _legal(
        self, prepared: Preparation, anchor: int, rule: Rule
    ) -> Iterator[tuple[Sketch, bool]]:
        """Yield the legal sketches of a rule for a stage, and whether each is certain."""
        builder = prepared.builder()
        place = Place(builder, builder.schedule.numbered[anchor], self.core)
        for proposal in proposals_of(rule, place):
            name = f"{proposal.name}{prepared.suffix}"
            builder = prepared.builder()
            is_legal = assemble(builder, self.rules, self.core, Anchor(anchor, rule, proposal))
            self._drop(builder, name)
            if is_legal:
                yield builder.sketch(name), proposal.is_certain

    def _of_rows(self, prepared: Preparation) -> Iterator[Sketch]:
        for variant in non_contraction_variants(prepared.builder(), self.core.lanes):
            builder = prepared.builder()
            assemble(builder, self.rules, self.core, rows=variant)
            self._drop(builder, variant.name)
            if variant.differs(builder):
                yield builder.sketch(f"{variant.name}{prepared.suffix}")

    def _drop(self, builder: SketchBuilder, name: str) -> None:
        self.dropped += [f"{name}: {reason}" for reason in builder.dropped]

    def _anchors(self, prepared: Preparation) -> list[int]:
        """The numbers of the stages that rules have proposals for, the most points first."""
        builder, points = prepared.builder(), dict[int, int]()
        rules = [rule for rule in self.rules if rule.takes(prepared)]
        for stage in builder.schedule.stages:
            place = Place(builder, stage, self.core)
            if any(proposals_of(rule, place) for rule in rules):
                axes = (*stage.op.axis, *stage.op.reduce_axis)
                points[stage.number] = prod(extent(axis) or MANY for axis in axes)
        return sorted(points, key=lambda number: -points[number])
