"""Why a primitive cannot be applied: cheap to make in a search, a sentence when rendered."""

from __future__ import annotations

from autosched.errors import ScheduleError
from autosched.schedule.state import ScheduleState, StageState
from autosched.schedule.text import nest_text
from autosched.te.tensor import Axis


class Reason:
    """A message, and the stage and axis it is about; formatted only when it is shown.

    `message` and `hint` are format strings over `stage`, `axis` and `values`, such as
    "axis {axis.name} of stage {stage.name} has {count} points".
    """

    __slots__ = ("axis", "hint", "message", "stage", "values")

    def __init__(
        self,
        message: str,
        stage: StageState | None = None,
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

    def error(self, schedule: ScheduleState) -> ScheduleError:
        """The error to raise, with the hint and the nest in which the spot is marked."""
        hint = self.hint
        if hint is not None:
            hint = hint.format(stage=self.stage, axis=self.axis, **self.values)
        context = nest_text(schedule, self.stage, self.axis) if self.stage is not None else None
        return ScheduleError(str(self), hint=hint, context=context or None)
