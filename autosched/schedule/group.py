"""Finds the stages on the ways between others, which a group moves together."""

from __future__ import annotations

from typing import Any

from autosched.errors import ScheduleError
from autosched.schedule.state import ScheduleState, StageState


def members(
    schedule: ScheduleState, outputs: Any, inputs: Any, include_inputs: bool
) -> list[StageState]:
    """Return the stages that `outputs` need and that need `inputs`, in the order of the schedule.

    The outputs are among them, and the inputs if `include_inputs`. Raises ScheduleError if
    there is none.
    """
    ends = [schedule[each] for each in _listed(outputs)]
    starts = [schedule[each] for each in _listed(inputs)]
    needing = _reached(starts, lambda stage: list(schedule.consumers(stage)))
    needed = _reached(ends, lambda stage: [schedule[tensor] for tensor in stage.inputs])
    found = [
        stage
        for stage in schedule.stages
        if stage in needing and stage in needed and (include_inputs or stage not in starts)
    ]
    found = [stage for stage in found if not stage.is_placeholder]
    if not found:
        raise ScheduleError(
            "expected stages between the inputs and the outputs of a group, got none",
            hint="give tensors of which the outputs need the inputs",
        )
    return found


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _reached(starts: list[StageState], following: Any) -> set[StageState]:
    found: set[StageState] = set()
    pending = list(starts)
    while pending:
        stage = pending.pop()
        if stage not in found:
            found.add(stage)
            pending += following(stage)
    return found
