"""What a schedule as a whole must fulfil before it is lowered.

Primitives may come in an order in which the parts do not fit yet: a stage may be attached
before what reads it is. So how stages stand to each other is judged here, at the end.
"""

from __future__ import annotations

from autosched.schedule.legality import accumulates_twice, added_by_two_threads
from autosched.schedule.placement import displaced
from autosched.schedule.reason import Reason
from autosched.schedule.state import ScheduleState


def why_illegal(schedule: ScheduleState) -> Reason | None:
    """The reason why `schedule` cannot be lowered, or None."""
    for stage in schedule.stages:
        reason = (
            displaced(schedule, stage)
            or accumulates_twice(stage, stage.leaves)
            or added_by_two_threads(stage)
        )
        if reason is not None:
            return reason
    return None


def check_schedule(schedule: ScheduleState) -> None:
    """Raise ScheduleError if `schedule` cannot be lowered."""
    reason = why_illegal(schedule)
    if reason is not None:
        raise reason.error(schedule)
