"""What is done to the stages of an expression before their loops are shaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import divide_axes, fusible, separate_hidden
from autosched.search.space.conditions import choose_after, choose_products
from autosched.search.space.dot import dot_axis, is_packable
from autosched.search.space.inlining import inline_producers
from autosched.search.space.masks import skip_masked
from autosched.search.space.odd_sums import pad_sums
from autosched.search.space.offset import offset_factors
from autosched.search.space.order import sum_in_order
from autosched.search.space.padding import (
    has_few_taps,
    is_computed_again,
    padded_axes,
    skip_padding,
)
from autosched.search.space.parts import separate_parts
from autosched.search.space.prefixes import block_prefixes
from autosched.search.space.row_dots import prepare_rows
from autosched.search.space.structure import contraction, extent, has_select
from autosched.search.space.terms import sum_terms
from autosched.search.space.tiles import LARGE, Core
from autosched.search.space.turned_sums import turn_sums
from autosched.search.space.variants import variants
from autosched.search.space.widening import widen_operands
from autosched.search.space.windows import ends_before_windows
from autosched.te.tensor import Tensor

MOST_INLINED = 2
"""Axes of windows up to which padding is decided where it is read, if taps can be left out too.

Code for the ends of each axis multiplies: of three axes LLVM takes up to 0.6 s. Of three such
convolutions, with one thread and two, the best of 60 trials left taps out, the best that decided
took 10 to 27 % longer, with a copy 11 to 27 %.
"""


@dataclass(frozen=True)
class Preparation:
    """A choice of the steps that come first.

    `docs/rules.md` has a table of them. Cheap producers are inlined, but for those whose numbers
    are `kept`; padding only with `pads_inlined`, which is None where there is none. With
    `separates`, prefixes are reduced in blocks, conditions on data axes are tested after the
    reduction, conditions of a factor become those of its product where data names points, products
    of several factors are summed in order, sums of products term by term, and parts of reduced
    values are computed once. With `canonical`, operands of contractions are made plain, and
    with `fuses` axes that all of them have as neighbours are one. With `widens`, operands of 16
    bits are converted once. With `skips_padding`, windows leave out the taps that meet it.

    Always, factors of int8 are offset and sums rounded up where that lets instructions of the
    `core` compute them, terms that a mask makes the identity are left out, and sums that lie across
    what they read are turned.
    """

    outputs: tuple[Tensor, ...]
    core: Core
    pads_inlined: bool | None
    canonical: bool = False
    fuses: bool = False
    skips_padding: bool = False
    widens: bool = False
    separates: bool = False
    kept: frozenset[int] = frozenset()

    def builder(self) -> SketchBuilder:
        """Return a new builder after these steps."""
        return self._prepared.copy()

    @cached_property
    def _prepared(self) -> SketchBuilder:
        """A builder after these steps, which nothing changes."""
        builder = SketchBuilder(self.outputs)
        inline_producers(builder, bool(self.pads_inlined), self.kept)
        if self.separates:
            _separate(builder, self.core)
        if self.canonical:
            divide_axes(builder, self.fuses)
            separate_hidden(builder, self.core)
        offset_factors(builder, self.core)
        prepare_rows(builder, self.core)
        if self.widens:
            widen_operands(builder)
        if self.skips_padding:
            skip_padding(builder, self.core)
        pad_sums(builder, self.core.dots)
        skip_masked(builder, self.core)
        turn_sums(builder)
        return builder

    @property
    def suffix(self) -> str:
        """The end of the names of sketches."""
        pads = "_skip" if self.skips_padding else "_inline" * bool(self.pads_inlined)
        axes = "_fused" if self.fuses else "_canonical" * self.canonical
        return pads + "_parts" * self.separates + axes + "_widen" * self.widens


def preparations(
    outputs: Sequence[Tensor], core: Core, reuses: Callable[[Preparation], bool]
) -> list[Preparation]:
    """Return the choices, the better guess first.

    Vectors run along the parts of a divided axis where these are long enough, or dot products make
    up for empty lanes. Axes are fused where the inner one is too short for a register tile, or
    vectors run along them. Padding is a stage by itself where some stage `reuses` what it reads, by
    long windows or if more than a copy is computed with it; where taps that meet it are left out,
    only in the second case. Windows after a contraction read it as it is computed. Operands of 16
    bits are converted once.
    """
    kept = ends_before_windows(outputs, core.lanes)
    pads = inline_producers(SketchBuilder(outputs), False, kept)
    plain = Preparation(tuple(outputs), core, False if pads else None, kept=kept)
    if not _separate(plain.builder(), core):
        return _widened(plain, core, reuses)
    separated = _widened(replace(plain, separates=True), core, reuses)
    return [*separated, *_widened(plain, core, reuses)]


def _separate(builder: SketchBuilder, core: Core) -> bool:
    made = [
        block_prefixes(builder, core),
        choose_products(builder, core),
        choose_after(builder),
        sum_in_order(builder, core),
        sum_terms(builder, core),
    ]
    return separate_parts(builder, core) or any(made)


def _widened(
    plain: Preparation, core: Core, reuses: Callable[[Preparation], bool]
) -> list[Preparation]:
    found = _canonical(plain, core, reuses)
    if not widen_operands(plain.builder()):
        return found
    widened = _canonical(replace(plain, widens=True), core, reuses)
    has_dots = _speed(found[0].builder(), core) > 1
    return [*found, *widened] if has_dots else [*widened, *found]


def _speed(builder: SketchBuilder, core: Core) -> int:
    """Return the products that a lane computes in the time of one of converted numbers.

    A dot product has several, which need no conversion: a 3x3 convolution of 4 bfloat16 channels to
    4 takes 84 us along these, 124 along the points, to 2 of int8 as long in both ways, and to 2 of
    bfloat16 99 and 62.
    """
    contractions = filter(None, map(contraction, builder.schedule.stages))
    dots = [dot_axis(each, core.fast_dots) for each in contractions if is_packable(each)]
    return max((2 * dot.steps for dot in dots if dot), default=1)


def _canonical(
    plain: Preparation, core: Core, reuses: Callable[[Preparation], bool]
) -> list[Preparation]:
    builder = plain.builder()
    rows = [extent(run[-1]) or LARGE for run in fusible(builder)]
    parts = divide_axes(builder)
    found = _with_pads(plain, core, reuses)
    if separate_hidden(builder, core) or parts:
        canonical = _with_pads(replace(plain, canonical=True), core, reuses)
        reach = min(parts, default=core.lanes) * _speed(canonical[0].builder(), core)
        found = [*canonical, *found] if reach >= core.lanes else [*found, *canonical]
    if not rows:
        return found
    plain = replace(plain, canonical=True, fuses=True)
    fused = _with_pads(plain, core, reuses)
    is_better = max(rows) < core.tile_registers or _runs_in_order(plain.builder(), core)
    return [*fused, *found] if is_better else [*found, *fused]


def _runs_in_order(builder: SketchBuilder, core: Core) -> bool:
    """Whether the vectors of some contraction best run along the result's innermost axis."""
    found = [each for stage in builder.schedule.stages if (each := contraction(stage))]
    best = [(each, next(iter(variants(each, False, core)), None)) for each in found]
    return any(
        variant is not None and each.data[variant.vector] is each.stage.op.axis[-1]
        for each, variant in best
    )


def _with_pads(
    prepared: Preparation, core: Core, reuses: Callable[[Preparation], bool]
) -> list[Preparation]:
    if prepared.pads_inlined is None:
        return [prepared]
    inlined = replace(prepared, pads_inlined=True)
    if prepared.kept and not _pads_a_tile(prepared.builder(), core):
        return [inlined]
    if not reuses(prepared):
        return [inlined, prepared]
    is_repeated = is_computed_again(inlined.builder())
    if core.tolerance == 0 or not skip_padding(inlined.builder(), core):
        is_copied = is_repeated or not has_few_taps(inlined.builder()) or _copy_fuses_more(prepared)
        return [prepared, inlined] if is_copied else [inlined, prepared]
    best = prepared if is_repeated else inlined
    skipped = replace(best, skips_padding=True)
    others = [prepared, inlined] if padded_axes(inlined.builder()) <= MOST_INLINED else [prepared]
    return [skipped, *others]


def _copy_fuses_more(prepared: Preparation) -> bool:
    """Whether more axes can be fused with a copy of padding than where reads decide about it.

    A convolution of one point, 64 channels of 28x28 to 288 with padding of 1, takes 353 us with a
    copy whose axes are fused, 375 where they are not.
    """
    if not prepared.fuses:
        return False
    copied = replace(prepared, canonical=False, fuses=False)
    inlined = replace(copied, pads_inlined=True)
    return len(fusible(copied.builder())) > len(fusible(inlined.builder()))


def _pads_a_tile(builder: SketchBuilder, core: Core) -> bool:
    """Whether a contraction that has register tiles reads padding."""
    found = map(contraction, builder.schedule.stages)
    return any(
        has_select(builder.schedule[read.tensor])
        for each in found
        if each is not None and variants(each, False, core)
        for read in each.reads
    )
