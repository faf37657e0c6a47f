"""Checks where stages are computed, as a schedule is lowered, and finds which stages read others.

A primitive may be applied before another that it needs: a stage may be attached to a loop
before its readers are. So the positions of stages are checked at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from autosched.ir.stmt import LoopKind
from autosched.ir.traverse import walk
from autosched.schedule.instruction import broken
from autosched.schedule.legality import Reason, accumulates_twice, added_by_two_threads, first
from autosched.schedule.state import At, Inlined, ScheduleState, StageState
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import ComputeOp, Reduce, ScanOp, TensorRead


def dependents(
    schedule: ScheduleState, stage: StageState, apart: StageState | None = None
) -> Iterator[StageState]:
    """Yield the stages that read `stage`, directly or through stages other than `apart`."""
    pending, seen = [stage], {stage, apart}
    while pending:
        for consumer in schedule.consumers(pending.pop()):
            if consumer not in seen:
                yield consumer
                seen.add(consumer)
                pending.append(consumer)


def bypasses(schedule: ScheduleState, stage: StageState, parent: StageState) -> StageState | None:
    """Return an output that reads `stage` on a path without `parent`, or None.

    Such an output cannot be computed inside `parent`, so `stage` cannot either.
    """
    return next((s for s in dependents(schedule, stage, parent) if s.is_output), None)


def needs(schedule: ScheduleState, parent: StageState, stage: StageState) -> bool:
    """Tell whether `parent` reads `stage`, directly or through other stages."""
    return any(each is parent for each in dependents(schedule, stage))


def readers(schedule: ScheduleState, stage: StageState) -> list[StageState]:
    """Return the stages with loops that read `stage`, directly or through inlined stages."""
    found: dict[StageState, None] = {}
    pending = list(schedule.consumers(stage))
    while pending:
        consumer = pending.pop()
        if type(consumer.attachment) is Inlined:
            pending += schedule.consumers(consumer)
        else:
            found[consumer] = None
    return list(found)


def enclosing_loops(stage: StageState) -> list[tuple[StageState, Axis]]:
    """Return the loops of other stages around `stage`, outermost first."""
    loops: list[tuple[StageState, Axis]] = []
    attachment = stage.attachment
    while type(attachment) is At:
        parent = attachment.stage
        position = parent.position_of(attachment.axis)
        loops[:0] = [(parent, axis) for axis in parent.leaves[: position + 1]]
        attachment = parent.attachment
    return loops


def displaced(schedule: ScheduleState, stage: StageState) -> Reason | None:
    """Return the reason why `stage` cannot be computed where it is attached, or None."""
    attachment = stage.attachment
    if type(attachment) is not At:
        return None
    parent = attachment.stage
    position = parent.position_of(attachment.axis)
    for reader in readers(schedule, stage):
        if not _is_inside(reader, parent, position):
            return Reason(
                "expected every reader of {attached.name} inside of the loop {axis.name} of stage "
                "{parent.name}, where it is computed, got {reader.name} outside",
                (parent, attachment.axis),
                hint="compute {reader.name} in that loop too, or {attached.name} further out",
                parent=parent,
                reader=reader,
                attached=stage,
            )
    return _starts_reduction(schedule, stage, parent, position) or _nested_parallel(stage)


def _is_inside(stage: StageState, parent: StageState, position: int) -> bool:
    while stage is not parent:
        attachment = stage.attachment
        if type(attachment) is not At:
            return False
        if attachment.stage is parent:
            return parent.position_of(attachment.axis) >= position
        stage = attachment.stage
    return True


def _outside_of_steps(schedule: ScheduleState, stage: StageState) -> Reason | None:
    """Refuse a scan whose states are read outside of its steps."""
    if not isinstance(stage.op, ScanOp):
        return None
    for state in stage.op.state_placeholder:
        for reader in readers(schedule, schedule[state]):
            if not _is_inside(reader, stage, len(stage.leaves) - 1):
                return Reason(
                    "expected every reader of the state {state.name} in the steps of {stage.name}, "
                    "got {reader.name} outside",
                    stage,
                    hint="what comes after the scan reads its result",
                    state=state,
                    reader=reader,
                )
    return None


def _nested_parallel(stage: StageState) -> Reason | None:
    own = [axis for axis, kind in stage.kinds.items() if kind is LoopKind.PARALLEL]
    if not own:
        return None
    for parent, axis in enclosing_loops(stage):
        kind = parent.kinds.get(axis)
        if kind in (LoopKind.PARALLEL, LoopKind.VECTORIZED):
            return Reason(
                "expected no parallel loop inside of a {kind.value} one, got {axis.name} of stage "
                "{stage.name} inside of {outer.name} of stage {parent.name}",
                (stage, own[0]),
                hint="leave one of the two serial",
                kind=kind,
                outer=axis,
                parent=parent,
            )
    return None


def _starts_reduction(
    schedule: ScheduleState, stage: StageState, parent: StageState, position: int
) -> Reason | None:
    """Refuse a stage that is read before the loop in which it is computed.

    The starting values of a reduction are read before its loops begin.
    """
    reducing = [axis for axis in parent.leaves[: position + 1] if axis.kind is AxisKind.REDUCE]
    body = parent.op.bodies[0] if isinstance(parent.op, ComputeOp) else None
    if not reducing or type(body) is not Reduce or body.initial is None:
        return None
    for value in body.initial:
        for node in walk(value):
            if type(node) is TensorRead and schedule[node.tensor] is stage:
                return Reason(
                    "expected {attached.name}, from which the reduction {stage.name} starts, "
                    "outside of its reduce loops, got it inside of {axis.name}",
                    (parent, reducing[0]),
                    hint="compute {attached.name} at a loop around {axis.name}",
                    attached=stage,
                )
    return None


def why_illegal(schedule: ScheduleState) -> Reason | None:
    """Return the reason why `schedule` cannot be lowered, or None."""
    return first(
        displaced(schedule, stage)
        or _outside_of_steps(schedule, stage)
        or accumulates_twice(stage, stage.leaves)
        or added_by_two_threads(stage)
        for stage in schedule.stages
    ) or broken(schedule)


def check_schedule(schedule: ScheduleState) -> None:
    """Raise ScheduleError if `schedule` cannot be lowered."""
    reason = why_illegal(schedule)
    if reason is not None:
        raise reason.error(schedule)
