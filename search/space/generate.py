"""The sketches of an expression: every variant of its heaviest stage, the others by default."""

from __future__ import annotations

from collections.abc import Sequence

from autosched.errors import ScheduleError
from autosched.ir.expr import Select
from autosched.ir.visitor import walk
from autosched.schedule.check import why_illegal
from autosched.schedule.relations import AtRoot
from autosched.schedule.sketch import Sketch
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.contraction import ContractionRule, Variant, variants
from autosched.search.space.plain import schedule_plain
from autosched.search.space.structure import Contraction, contraction, epilogue, is_injective
from autosched.target.target import Target
from autosched.te.operation import ComputeOp
from autosched.te.tensor import Tensor


def sketches(outputs: Sequence[Tensor], target: Target) -> list[Sketch]:
    """Every structure the rules find for `outputs`; the first is the best guess.

    Raises ScheduleError where there is none, which is a bug.
    """
    lanes = target.vector_bits // 32
    found: list[Sketch] = []
    for pads_inlined in (False, True):
        structure = _prepared(outputs, pads_inlined)
        if pads_inlined and not structure[1]:
            break
        anchor = _heaviest(structure[0])
        options: Sequence[Variant | None] = [None]
        if anchor is not None:
            info = contraction(structure[0].schedule.numbered[anchor])
            options = _options(structure[0], info) if info else [None]
        for variant in options or [None]:
            builder, _ = _prepared(outputs, pads_inlined)
            name = variant.name if variant else "plain"
            _apply(builder, anchor, variant, lanes)
            reason = why_illegal(builder.schedule)
            if reason is None:
                found.append(builder.sketch(f"{name}{'_inline' if pads_inlined else ''}"))
    if not found:
        raise ScheduleError("expected a sketch for the expression, got none")
    return found


def _options(builder: SketchBuilder, info: Contraction) -> list[Variant]:
    return variants(info, direct=not epilogue(builder.schedule, info.stage))


def _prepared(outputs: Sequence[Tensor], pads_inlined: bool) -> tuple[SketchBuilder, bool]:
    """A builder with cheap producers inlined, and whether it has any that selects."""
    builder = SketchBuilder(outputs)
    selects = False
    for stage in list(builder.schedule.stages):
        if stage.is_output or not is_injective(stage):
            continue
        chooses = any(type(n) is Select for body in stage.op.bodies for n in walk(body))
        selects = selects or chooses
        if not chooses or pads_inlined:
            builder.compute_inline(stage)
    return builder, selects


def _heaviest(builder: SketchBuilder) -> int | None:
    """The number of the contraction with the most points."""
    best, chosen = 0, None
    for stage in builder.schedule.stages:
        info = contraction(stage)
        if info is None:
            continue
        points = 1
        for axis in (*info.data, *info.reduce):
            points *= int(getattr(axis.extent, "value", 1024))
        if points > best:
            best, chosen = points, stage.number
    return chosen


def _apply(
    builder: SketchBuilder, anchor: int | None, variant: Variant | None, lanes: int
) -> None:
    done: set[Stage] = set()
    for stage in list(builder.schedule.stages):
        info = contraction(stage)
        if info is None or not isinstance(stage.attachment, AtRoot) or stage in done:
            continue
        options = [variant] if stage.number == anchor else _options(builder, info)[:1]
        if options and options[0] is not None:
            done.update(ContractionRule(builder, stage, options[0], lanes).apply())
    for stage in list(builder.schedule.stages):
        untouched = stage not in done and isinstance(stage.attachment, AtRoot)
        if untouched and isinstance(stage.op, ComputeOp):
            schedule_plain(builder, stage, lanes)
