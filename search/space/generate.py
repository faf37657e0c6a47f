"""The sketches of an expression: every variant of its heaviest stage, the others by default."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.errors import ScheduleError
from autosched.schedule.check import why_illegal
from autosched.schedule.relations import AtRoot
from autosched.schedule.sketch import Sketch
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.contraction import ContractionRule
from autosched.search.space.inlining import inline_producers
from autosched.search.space.rest import RestVariant, rest_variants, schedule_rest
from autosched.search.space.serial import with_serial
from autosched.search.space.structure import Contraction, contraction, epilogue
from autosched.search.space.variants import Variant, variants
from autosched.target.target import Target
from autosched.target.vta import VtaTarget
from autosched.te.operation import ComputeOp
from autosched.te.tensor import Tensor


def sketches(outputs: Sequence[Tensor], target: Target | VtaTarget) -> list[Sketch]:
    """Every structure the rules find for `outputs`; the first is the best guess.

    Raises ScheduleError where there is none, which is a bug; for an accelerator there may be
    none, and LoweringError is raised where it cannot run the expression.
    """
    if isinstance(target, VtaTarget):
        from autosched.search.space.accelerator import accelerator_sketches  # a CPU needs none
        from autosched.vta.machine import config_of

        return accelerator_sketches(outputs, config_of(target))
    lanes = target.vector_bits // max(32, *(tensor.dtype.bits for tensor in outputs))
    found: list[Sketch] = []
    for pads_inlined in _ways_to_pad(outputs):
        structure = _prepared(outputs, pads_inlined)
        anchor = _heaviest(structure)
        options: Sequence[Variant | RestVariant] = rest_variants(structure, lanes)
        if anchor is not None:
            info = contraction(structure.schedule.numbered[anchor])
            assert info is not None
            options = _options(structure, info)
        for variant in options:
            builder = _prepared(outputs, pads_inlined)
            _apply(builder, anchor, variant, lanes)
            if isinstance(variant, RestVariant) and variant.needs_tails and not builder.uneven:
                continue
            if why_illegal(builder.schedule) is None:
                found.append(builder.sketch(f"{variant.name}{'_inline' if pads_inlined else ''}"))
    if not found:
        raise ScheduleError("expected a sketch for the expression, got none")
    return list(with_serial(found, outputs, target.threads))


def _options(builder: SketchBuilder, info: Contraction) -> list[Variant]:
    return variants(info, direct=not epilogue(builder.schedule, info.stage))


def _prepared(outputs: Sequence[Tensor], pads_inlined: bool) -> SketchBuilder:
    """A builder with cheap producers inlined."""
    builder = SketchBuilder(outputs)
    inline_producers(builder, pads_inlined)
    return builder


def _ways_to_pad(outputs: Sequence[Tensor]) -> tuple[bool, ...]:
    """Whether to inline padding: for what reuses little first, where there is any."""
    builder = SketchBuilder(outputs)
    if not inline_producers(builder, False):
        return (False,)
    return (False, True) if _heaviest(builder) is not None else (True, False)


def _heaviest(builder: SketchBuilder) -> int | None:
    """The number of the contraction with the most points, among those that can be tiled."""
    best, chosen = 0, None
    for stage in builder.schedule.stages:
        info = contraction(stage)
        if info is None or not _options(builder, info):
            continue
        points = 1
        for axis in (*info.data, *info.reduce):
            points *= int(getattr(axis.extent, "value", 1024))
        if points > best:
            best, chosen = points, stage.number
    return chosen


def _apply(
    builder: SketchBuilder, anchor: int | None, variant: Variant | RestVariant, lanes: int
) -> None:
    done: set[Stage] = set()
    for stage in list(builder.schedule.stages):
        info = contraction(stage)
        if info is None or not isinstance(stage.attachment, AtRoot) or stage in done:
            continue
        options = [variant] if stage.number == anchor else _options(builder, info)[:1]
        for chosen in options:
            assert isinstance(chosen, Variant)
            done.update(ContractionRule(builder, stage, chosen, lanes).apply())
    remaining = [
        stage
        for stage in builder.schedule.stages
        if stage not in done
        and isinstance(stage.attachment, AtRoot)
        and isinstance(stage.op, ComputeOp)
    ]
    rest = variant if isinstance(variant, RestVariant) else RestVariant()
    schedule_rest(builder, remaining, rest, lanes)
