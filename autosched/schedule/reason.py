"""Why a primitive cannot be applied: cheap to make in a search, a sentence when rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autosched.errors import ScheduleError

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule
    from autosched.schedule.stage import Stage
    from autosched.te.axis import Axis


class Reason:
    """A message with what it is about; the text is put together only when asked for.

    `message` and `hint` are format strings over `stage`, `axis` and `values`, such as
    "axis {axis.name} of stage {stage.name} has {count} points".
    """

    __slots__ = ("axis", "hint", "message", "stage", "values")

    def __init__(
        self,
        message: str,
        stage: Stage | None = None,
        axis: Axis | None = None,
        *,
        hint: str | None = None,
        **values: object,
    ):
        self.message = message
        self.stage = stage
        self.axis = axis
        self.hint = hint
        self.values = values

    def __str__(self) -> str:
        return self.message.format(stage=self.stage, axis=self.axis, **self.values)

    def __repr__(self) -> str:
        return f"<Reason {self}>"

    def error(self, schedule: Schedule) -> ScheduleError:
        """The error to raise: the sentence, the hint, and the nest with the spot marked."""
        from autosched.schedule.text import nest_text

        hint = self.hint
        if hint is not None:
            hint = hint.format(stage=self.stage, axis=self.axis, **self.values)
        context = nest_text(schedule, self.stage, self.axis) if self.stage is not None else None
        return ScheduleError(str(self), hint=hint, context=context or None)
