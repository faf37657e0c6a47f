"""Schedules: how the loops of a tensor expression run.

s = create_schedule(C)
outer, inner = s[C].split(C.op.axis[0], factor=8)
print(s)
"""

from autosched.schedule.arguments import Decision
from autosched.schedule.placement import check_schedule, why_illegal
from autosched.schedule.schedule import Schedule, Stage, create_schedule
from autosched.schedule.sketch import bind
from autosched.schedule.trace import from_json, replay, to_json, to_python

__all__ = [
    "Decision", "Schedule", "Stage", "bind", "check_schedule", "create_schedule", "from_json",
    "replay", "to_json", "to_python", "why_illegal",
]  # fmt: skip
