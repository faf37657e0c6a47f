"""The bases of primitives: steps of a trace that know when and how they can be applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from autosched.ir.stmt import LoopKind
from autosched.schedule.arguments import AXIS, STAGE, Argument, Decision, takes
from autosched.schedule.legality import Reason, annotated, not_a_loop
from autosched.schedule.names import Names
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis


@dataclass(frozen=True, slots=True)
class Primitive:
    """Base of all primitives.

    The fields of a primitive are plain values: stages are their numbers, axes their
    positions in `stage.axes`, tensors pairs of a stage number and a value index. So a
    list of primitives is a trace, and means the same for every schedule of the same
    expression. In the text of a trace, fields without a default are written by position, the
    others by name.
    """

    name: ClassVar[str]
    """The name of the step in a trace."""
    arguments: ClassVar[Mapping[str, Argument]]
    """The requirement of each field, in an order in which they can be checked."""
    makes_a_tuple: ClassVar[bool] = False
    """Whether its method returns a tuple where there is one result too."""
    sizes: ClassVar[tuple[str, ...]] = ()
    """The fields with sizes or numbers of tiles, which sketches leave open."""

    @property
    def algorithm(self) -> str:
        """The name of an algorithm by which a result is computed otherwise than as written."""
        return ""

    def check(self, schedule: ScheduleState) -> Reason | None:
        """Return the reason why the arguments are invalid for `schedule`, or None."""
        for field, argument in self.arguments.items():
            value = getattr(self, field)
            if not argument.accepts(value, self, schedule):
                number: Any = getattr(self, "stage", None)
                is_stage = STAGE.accepts(number, self, schedule)
                return Reason(
                    "expected {expected} as '{field}' of {step}, got {value!r}",
                    schedule.numbered[number] if is_stage else None,
                    hint="bind the sketch to a vector first" if _has_decision(value) else None,
                    expected=argument.expected,
                    field=field,
                    step=self.name,
                    value=value,
                )
        return None

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        """Return the reason why this cannot be applied, or None; the arguments are valid."""
        raise NotImplementedError

    def apply(self, schedule: ScheduleState) -> Any:
        """Change the schedule, and return what the user gets: axes, tensors or nothing."""
        raise NotImplementedError

    def python(self, names: Names) -> str:
        """Return the call as a user writes it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class StagePrimitive(Primitive):
    """Base of the primitives that change one stage and are methods of it."""

    arguments = takes(stage=STAGE)

    stage: int

    def stage_in(self, schedule: ScheduleState) -> StageState:
        return schedule.numbered[self.stage]

    def python(self, names: Names) -> str:
        given = []
        for field in fields(self):
            value = getattr(self, field.name)
            text = self.arguments[field.name].text(value, self, names)
            if field.default is MISSING:
                given.append(text)
            elif value != field.default:
                given.append(f"{field.name}={text}")
        stage, *others = given
        return f"{stage}.{self.name}({', '.join(others)})"


@dataclass(frozen=True, slots=True)
class LoopPrimitive(StagePrimitive):
    """Base of the primitives that change one loop of a stage."""

    arguments = takes(stage=STAGE, axis=AXIS)

    axis: int

    def loop_in(self, schedule: ScheduleState) -> tuple[StageState, Axis]:
        stage = schedule.numbered[self.stage]
        return stage, stage.axes[self.axis]


@dataclass(frozen=True, slots=True)
class Annotation(LoopPrimitive):
    """Base of the primitives that make a loop of a `kind`; one of this kind stays as it is."""

    kind: ClassVar[LoopKind]

    def why_not(self, schedule: ScheduleState) -> Reason | None:
        stage, axis = self.loop_in(schedule)
        if self.is_done(stage, axis):
            return not_a_loop(stage, axis)
        return not_a_loop(stage, axis) or annotated(stage, axis) or self.misfit(stage, axis)

    def is_done(self, stage: StageState, axis: Axis) -> bool:
        """Whether the loop runs in this way already."""
        return stage.kinds.get(axis) is self.kind

    def misfit(self, stage: StageState, axis: Axis) -> Reason | None:
        """Return the reason why the loop cannot be of this kind, or None."""
        raise NotImplementedError

    def apply(self, schedule: ScheduleState) -> None:
        stage, axis = self.loop_in(schedule)
        stage.kinds[axis] = self.kind


def _has_decision(value: object) -> bool:
    if type(value) is tuple:
        return any(_has_decision(item) for item in value)
    return type(value) is Decision
