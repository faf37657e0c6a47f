"""What every primitive is: a step of a trace that knows when and how it can be applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from autosched.schedule.reason import Reason

if TYPE_CHECKING:
    from autosched.schedule.arguments import Argument
    from autosched.schedule.python import Names
    from autosched.schedule.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Primitive:
    """Base of all primitives.

    The fields of a primitive are plain values: stages are their numbers, axes their
    positions in `stage.axes`, tensors pairs of a stage number and a value index. So a
    list of primitives is a trace, and means the same for every schedule of the same
    expression. Those without a default stand by position in the trace's text, the others
    by name.
    """

    name: ClassVar[str]
    """What the step is called in a trace."""
    arguments: ClassVar[Mapping[str, Argument]]
    """What each field must be, in an order in which they can be checked."""

    def check(self, schedule: Schedule) -> Reason | None:
        """The reason why the arguments make no sense for `schedule`, or None."""
        for field, argument in self.arguments.items():
            if not argument.accepts(getattr(self, field), self, schedule):
                return argument.reason(field, self, schedule)
        return None

    def why_not(self, schedule: Schedule) -> Reason | None:
        """The reason why this cannot be applied, or None; the arguments have been checked."""
        raise NotImplementedError

    def apply(self, schedule: Schedule) -> Any:
        """Change the schedule, and answer what the user gets: axes, tensors or nothing."""
        raise NotImplementedError

    def python(self, names: Names) -> str:
        """The call as a user writes it."""
        raise NotImplementedError
