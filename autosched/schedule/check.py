"""The check of a whole schedule before it is lowered.

A primitive may be applied before another that it needs: a stage may be attached to a loop
before its readers are. So the positions of stages are checked here, at the end.
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
