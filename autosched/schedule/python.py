"""A schedule as the Python that makes it again, to be pasted after the expression."""

from __future__ import annotations

from typing import Any

from autosched.schedule.names import Names
from autosched.schedule.schedule import Schedule, create_schedule


def to_python(schedule: Schedule) -> str:
    """Return statements that make `schedule` anew, given its outputs under their own names."""
    followed = create_schedule(list(schedule.outputs))
    names = Names(followed)
    for step in schedule.trace:
        call = step.python(names)
        made = _parts(followed.apply(step))
        targets = ", ".join(names.target(each) for each in made)
        names.lines.append(f"{targets} = {call}" if made else call)
    return "\n".join(names.lines) + "\n"


def _parts(result: Any) -> tuple[Any, ...]:
    if result is None:
        return ()
    return result if isinstance(result, tuple) else (result,)
