"""Reasons for refusals, and the checks that several primitives share; each returns one, or None."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from autosched.errors import ScheduleError
from autosched.ir.expr import Const
from autosched.ir.stmt import LoopKind
from autosched.schedule.relations import carried, splits
from autosched.schedule.state import At, Inlined, ScheduleState, StageState
from autosched.schedule.tail import USE_EXACT
from autosched.schedule.text import nest_text
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import ScanOp, Tensor

Spot = StageState | tuple[StageState, Axis] | None
"""The place in a schedule that a reason is about."""


class Reason:
    """A message, and the stage and the axis that it is about; formatted only when it is shown.

    `message` and `hint` are format strings over `stage`, `axis` and `values`, such as
    "axis {axis.name} of stage {stage.name} has {count} points".
    """

    __slots__ = ("axis", "hint", "message", "stage", "values")

    def __init__(
        self, message: str, spot: Spot = None, *, hint: str | None = None, **values: object
    ):
        self.message = message
        self.stage = spot[0] if isinstance(spot, tuple) else spot
        self.axis = spot[1] if isinstance(spot, tuple) else None
        self.hint = hint
        self.values = values

    def __str__(self) -> str:
        return self._formatted(self.message)

    def __repr__(self) -> str:
        return f"<Reason {self}>"

    def _formatted(self, text: str) -> str:
        return text.format(stage=self.stage, axis=self.axis, **self.values)

    def error(self, schedule: ScheduleState) -> ScheduleError:
        """Return the error to raise, with the hint and the nest in which the spot is marked."""
        hint = None if self.hint is None else self._formatted(self.hint)
        context = None if self.stage is None else nest_text(schedule, self.stage, self.axis)
        return ScheduleError(str(self), hint=hint, context=context or None)


def first(reasons: Iterable[Reason | None]) -> Reason | None:
    """Return the first reason among `reasons`, or None."""
    return next(filter(None, reasons), None)


def extent_of(axis: Axis) -> int | None:
    """Return the extent of `axis`, or None if it is not a constant."""
    extent = axis.extent
    return int(extent.value) if type(extent) is Const else None


def not_a_loop(stage: StageState, axis: Axis) -> Reason | None:
    """Refuse an axis that is not a loop of `stage`."""
    if stage.position_of(axis) >= 0:
        return None
    for relation in stage.relations:
        if axis in relation.sources:
            return Reason(
                "expected a loop of stage {stage.name}, got {axis.name}, which is {done} already",
                (stage, axis),
                hint="use {loops}",
                done=relation.done,
                loops=" or ".join(result.name for result in relation.results),
            )
    return Reason("expected a loop of stage {stage.name}, got {axis.name}", (stage, axis))


def annotated(stage: StageState, axis: Axis) -> Reason | None:
    """Refuse a loop that is annotated already."""
    kind = stage.kinds.get(axis)
    if kind is None:
        return None
    return Reason(
        "expected a loop without annotation, got {axis.name} of stage {stage.name}, which is "
        "{kind.value}",
        (stage, axis),
        hint="a loop runs in one way; split it to run its parts in different ways",
        kind=kind,
    )


def unknown_extent(stage: StageState, axis: Axis, action: str) -> Reason | None:
    """Refuse a loop whose extent is not a constant."""
    if extent_of(axis) is not None:
        return None
    return Reason(
        "expected a loop of a constant extent to {action}, got {axis.name} of stage "
        "{stage.name} with extent {extent}",
        (stage, axis),
        hint="split it by a factor and {action} the inner loop",
        action=action,
        extent=axis.extent,
    )


def second_loop(stage: StageState, axis: Axis, kind: LoopKind) -> Reason | None:
    """Refuse a second loop of one kind in a stage."""
    other = loop_of_kind(stage, kind)
    if other is None:
        return None
    return Reason(
        "expected one {kind.value} loop in stage {stage.name}, got {axis.name} beside {other.name}",
        (stage, axis),
        hint="fuse the two loops and annotate the result",
        kind=kind,
        other=other,
    )


def settled(stage: StageState, axis: Axis, action: str) -> Reason | None:
    """Refuse to replace a loop that is annotated or has a pragma."""
    kind = stage.kinds.get(axis)
    if kind is None and not stage.pragmas.get(axis):
        return None
    return Reason(
        "expected a loop without annotation to {action}, got {axis.name} of stage "
        "{stage.name}, which is {found}",
        (stage, axis),
        hint="{action} first, and annotate the result",
        action=action,
        found="given a pragma" if kind is None else kind.value,
    )


def ordered(stage: StageState, axis: Axis, action: str) -> Reason:
    """Refuse a loop over the steps of a scan, each of which needs those before it."""
    return Reason(
        "expected a loop whose points are independent to {action}, got {axis.name} of "
        "{stage.name}, whose steps run one after the other",
        (stage, axis),
        hint="schedule the loops of the updates instead",
        action=action,
    )


def held_by_scan(stage: StageState, action: str) -> Reason | None:
    """Refuse a scan, and the first rows and updates of one, whose places are fixed."""
    held = isinstance(stage.op, ScanOp) or any(
        isinstance(reader.op, ScanOp) for reader in stage.schedule.consumers(stage)
    )
    if not held:
        return None
    return Reason(
        "expected a stage that is no scan, nor first rows or an update of one, to {action}, got "
        "{stage.name}",
        stage,
        hint="the first rows are computed before the loop over the steps, the updates in it",
        action=action,
    )


def not_an_expression(stage: StageState, action: str) -> Reason:
    """Refuse a stage that is computed otherwise than by an expression of each element."""
    return Reason(
        "expected a stage computed by an expression to {action}, got {stage.name}",
        stage,
        action=action,
    )


def misplaced(stage: StageState, tensor: Tensor, found: str) -> Reason:
    """Refuse a layout of a tensor, in which `found` is wrong."""
    return Reason(
        "expected a layout that places every dimension of {tensor.name} once, got {found}",
        stage,
        hint="[[1, 48], 0, 1] is dimension 1 in tiles of 48, then 0, then the rest of 1",
        tensor=tensor,
        found=found,
    )


def attached_at(stage: StageState, axis: Axis | None = None) -> list[StageState]:
    """Return the stages computed inside loops of `stage`, or only at its loop `axis`."""
    return [
        other
        for other in stage.schedule.stages
        if type(other.attachment) is At
        and other.attachment.stage is stage
        and (axis is None or other.attachment.axis is axis)
    ]


AT_RESULT = "{action} first, then compute {other.name} at the result"
FURTHER_OUT = "compute {other.name} at a loop further out"


def occupied(stage: StageState, axis: Axis, action: str, hint: str = AT_RESULT) -> Reason | None:
    """Refuse a loop in which another stage is computed."""
    for other in attached_at(stage, axis):
        return Reason(
            "expected a loop in which nothing is computed to {action}, got {axis.name} of stage "
            "{stage.name}, where {other.name} is computed",
            (stage, axis),
            hint=hint,
            action=action,
            other=other,
        )
    return None


def cannot_replace(stage: StageState, axis: Axis, action: str) -> Reason | None:
    """Refuse to replace a loop, for a split or a fuse."""
    return not_a_loop(stage, axis) or settled(stage, axis, action)


def shifted_loops(stage: StageState) -> AbstractSet[Axis]:
    """Return the loops over tiles whose last tile is shifted and overlaps the tile before it.

    In an attached stage every split counts: the stage computes a part of each extent, which the
    tiles may not divide even if they divide the whole extent.
    """
    attached = type(stage.attachment) is At
    shifted = [
        split.outer
        for split in splits(stage.relations)
        if split.tail.moves_back and (attached or not split.is_even)
    ]
    return carried(stage.relations, shifted).keys()


def accumulates_twice(
    stage: StageState, leaves: list[Axis], shifted: AbstractSet[Axis] = frozenset()
) -> Reason | None:
    """Refuse an order of loops in which the overlap of shifted tiles is accumulated twice.

    `shifted` are the loops over these tiles, by default those of the stage.
    """
    shifted = shifted or shifted_loops(stage)
    reducing: Axis | None = None
    for axis in leaves:
        if axis.kind is AxisKind.REDUCE:
            reducing = axis if reducing is None else reducing
        elif reducing is not None and axis in shifted:
            return Reason(
                "expected the loops over shifted tiles outside of the reduction, got "
                "{axis.name} of stage {stage.name} inside of {reducing.name}",
                (stage, axis),
                hint='reorder {axis.name} before {reducing.name}, or split with tail="guard"',
                reducing=reducing,
            )
    return None


def parallel_in_vector(
    stage: StageState, leaves: list[Axis], kinds: Mapping[Axis, LoopKind]
) -> Reason | None:
    """Refuse a parallel loop inside a vectorized one."""
    outer: Axis | None = None
    for axis in leaves:
        kind = kinds.get(axis)
        if kind is LoopKind.VECTORIZED:
            outer = axis
        elif kind is LoopKind.PARALLEL and outer is not None:
            return Reason(
                "expected the parallel loop outside of the vectorized one in stage "
                "{stage.name}, got {axis.name} inside of {outer.name}",
                (stage, axis),
                hint="reorder {axis.name} before {outer.name}",
                outer=outer,
            )
    return None


def added_by_two_threads(stage: StageState) -> Reason | None:
    """Refuse a parallel loop whose threads accumulate into the same points."""
    axis = loop_of_kind(stage, LoopKind.PARALLEL)
    return None if axis is None else shares_points(stage, axis)


def shares_points(stage: StageState, axis: Axis) -> Reason | None:
    """Refuse to run a loop over shifted tiles of a reduction in parallel: tiles overlap."""
    if not is_reduction(stage) or axis not in shifted_loops(stage):
        return None
    return Reason(
        "expected tiles that share no points to run in parallel, got the shifted tiles of "
        "{axis.name} in the reduction {stage.name}",
        (stage, axis),
        hint=f"split with {USE_EXACT}",
    )


def is_reduction(stage: StageState) -> bool:
    return bool(stage.op.reduce_axis)


def loop_of_kind(stage: StageState, kind: LoopKind) -> Axis | None:
    return next((axis for axis, given in stage.kinds.items() if given is kind), None)


def input_has_no_loops(stage: StageState, action: str) -> Reason | None:
    """Refuse an input, which has no loops."""
    if not stage.is_placeholder:
        return None
    return Reason(
        "expected a stage that is computed to {action}, got {stage.name}, which is an input",
        stage,
        hint="cache_read makes a stage that copies it",
        action=action,
    )


def without_loops(stage: StageState, action: str) -> Reason | None:
    """Refuse a stage that is inlined."""
    if type(stage.attachment) is not Inlined:
        return None
    return Reason(
        "expected a stage with loops to {action}, got {stage.name}, which is inlined",
        stage,
        action=action,
    )


def changed(stage: StageState, action: str, step: str) -> Reason | None:
    """Refuse a stage that is inlined, or to whose loops something was done, for the step."""
    if inlined := without_loops(stage, action):
        return inlined
    if stage.relations or stage.kinds or stage.pragmas or attached_at(stage):
        return Reason(
            "expected a stage to whose loops nothing was done to {action}, got {stage.name}",
            stage,
            hint="call {step} before split, fuse and annotations of {stage.name}",
            action=action,
            step=step,
        )
    return None
