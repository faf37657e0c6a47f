"""The sketches of an expression: variants of its heaviest contraction, the best guess for the rest.

Every proposal of a rule is checked, and undone if it is illegal. The last sketch is the expression
as it is written, which is always legal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autosched.schedule.sketch import Sketch
from autosched.search.space.assembly import assemble, options
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import divide_axes, separate_constants
from autosched.search.space.inlining import inline_producers
from autosched.search.space.non_contraction import NonContractionVariant, non_contraction_variants
from autosched.search.space.serial import with_serial
from autosched.search.space.structure import contraction
from autosched.search.space.tiles import Core
from autosched.search.space.variants import Variant
from autosched.search.space.winograd import SAFE, winograd_variants
from autosched.target.target import Target
from autosched.te.tensor import Tensor

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


@dataclass(frozen=True)
class Preparation:
    """What is done to the stages of an expression before their loops are shaped.

    Cheap producers are inlined, padding only with `pads_inlined`; with `canonical`, operands of
    contractions are made plain.
    """

    outputs: tuple[Tensor, ...]
    pads_inlined: bool
    canonical: bool = False

    def builder(self) -> SketchBuilder:
        builder = SketchBuilder(self.outputs)
        inline_producers(builder, self.pads_inlined)
        if self.canonical:
            divide_axes(builder)
            separate_constants(builder)
        return builder

    @property
    def suffix(self) -> str:
        """The end of the names of sketches."""
        return "_inline" * self.pads_inlined + "_canonical" * self.canonical


def space(outputs: Sequence[Tensor], target: Target) -> Space:
    """Return every structure that the rules find for `outputs`."""
    core = Core.of(target, max(32, *(tensor.dtype.bits for tensor in outputs)))
    found: list[Sketch] = []
    dropped: list[str] = []
    for prepared in _preparations(outputs, core):
        found += _sketches(prepared, core, dropped)
    safe, others = _with_fewer_products(outputs, core, dropped)
    found = [*safe, *found, *others]
    distinct = {sketch.steps: sketch for sketch in reversed(found) if sketch.steps}
    kept = [sketch for sketch in found if distinct.get(sketch.steps) is sketch]
    return Space([*with_serial(kept, outputs, target), PLAIN], dropped)


def _sketches(prepared: Preparation, core: Core, dropped: list[str]) -> list[Sketch]:
    """Return the sketches of the heaviest contraction that has legal ones, else those without it.

    The reasons against others are added to `dropped`.
    """
    for anchor in (*_anchors(prepared.builder(), core), None):
        found: list[Sketch] = []
        for variant in _variants(prepared.builder(), anchor, core):
            name = f"{variant.name}{prepared.suffix}"
            builder = prepared.builder()
            is_legal = assemble(builder, anchor, variant, core)
            dropped += [f"{name}: {reason}" for reason in builder.dropped]
            is_another = not isinstance(variant, NonContractionVariant) or variant.differs(builder)
            if is_legal and is_another:
                found.append(builder.sketch(name))
        if found:
            return found
    return []


def _with_fewer_products(
    outputs: Sequence[Tensor], core: Core, dropped: list[str]
) -> tuple[list[Sketch], list[Sketch]]:
    """Return the sketches with Winograd's algorithm: a better guess than any other, and the rest.

    The reasons against others are added to `dropped`.
    """
    prepared = Preparation(tuple(outputs), True)
    builder = prepared.builder()
    anchor = next(iter(_anchors(builder, core)), None)
    safe: list[Sketch] = []
    others: list[Sketch] = []
    if anchor is not None:
        for variant in winograd_variants(builder.schedule.numbered[anchor], core):
            builder = prepared.builder()
            is_legal = assemble(builder, anchor, variant, core)
            dropped += [f"{variant.name}: {reason}" for reason in builder.dropped]
            if is_legal:
                is_best = variant.gain >= SAFE and not safe and not others
                (safe if is_best else others).append(builder.sketch(variant.name))
    return safe, others


def _variants(
    builder: SketchBuilder, anchor: int | None, core: Core
) -> Sequence[Variant | NonContractionVariant]:
    if anchor is None:
        return non_contraction_variants(builder, core.lanes)
    return options(builder, builder.schedule.numbered[anchor], core)


def _preparations(outputs: Sequence[Tensor], core: Core) -> list[Preparation]:
    """Return what to do before loops are shaped, the better guess first.

    Vectors run along the parts of a divided axis where these are long enough.
    """
    plain = Preparation(tuple(outputs), False)
    builder = plain.builder()
    parts = divide_axes(builder)
    found = _with_pads(plain, core)
    if not separate_constants(builder) and not parts:
        return found
    canonical = _with_pads(replace(plain, canonical=True), core)
    is_wide = min(parts, default=core.lanes) >= core.lanes
    return [*canonical, *found] if is_wide else [*found, *canonical]


def _with_pads(prepared: Preparation, core: Core) -> list[Preparation]:
    """Return it without and with padding inlined: contractions reuse what is padded."""
    if not inline_producers(SketchBuilder(prepared.outputs), False):
        return [prepared]
    inlined = replace(prepared, pads_inlined=True)
    return [prepared, inlined] if _anchors(prepared.builder(), core) else [inlined, prepared]


def _anchors(builder: SketchBuilder, core: Core) -> list[int]:
    """The numbers of the contractions that can be tiled, the one with the most points first."""
    points: dict[int, int] = {}
    for stage in builder.schedule.stages:
        info = contraction(stage)
        if info is None or not options(builder, stage, core):
            continue
        points[stage.number] = 1
        for axis in (*info.data, *info.reduce):
            points[stage.number] *= int(getattr(axis.extent, "value", 1024))
    return sorted(points, key=lambda number: -points[number])
