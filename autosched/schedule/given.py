"""What users give to the methods of a schedule, as the plain values of primitives, and back."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

from autosched.errors import ScheduleError
from autosched.ir.expr import Const
from autosched.ir.stmt import LoopKind
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis


def axis_number(stage: StageState, axis: Any) -> int:
    """Return the position of `axis` in `stage.axes`. Raises ScheduleError if it is not there."""
    if isinstance(axis, Axis):
        for number, known in enumerate(stage.axes):
            if known is axis:
                return number
    found = axis.name if isinstance(axis, Axis) else repr(axis)
    if not stage.axes:
        raise ScheduleError(
            f"expected a stage with loops, got {stage.name}, which is an input",
            hint="cache_read makes a stage that copies it",
        )
    raise ScheduleError(
        f"expected an axis of stage {stage.name}, got {found}",
        hint="its loops are " + ", ".join(leaf.name for leaf in stage.leaves),
    )


def axis_numbers(stage: StageState, axes: Any) -> tuple[int, ...]:
    if len(axes) == 1 and isinstance(axes[0], (list, tuple)):
        axes = axes[0]
    return tuple(axis_number(stage, axis) for axis in axes)


def tensor_number(schedule: ScheduleState, tensor: Any) -> tuple[int, int]:
    stage = schedule[tensor]
    return stage.number, getattr(tensor, "value_index", 0)


def plain(value: Any) -> Any:
    """Return `value` with integers of every kind as `int`; other values stay as they are."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(item) for item in value)
    if isinstance(value, Const):
        return value.value
    if value is None or isinstance(value, (bool, str)):
        return value
    try:
        return operator.index(value)
    except TypeError:
        return value


class Key(str):
    """The key of a pragma: a string, and as TVM has it the `value` of a node."""

    __slots__ = ()

    @property
    def value(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class LoopAttributes:
    """How a loop runs, None for one after the other, and the keys of its pragmas."""

    iter_type: LoopKind | None
    pragma_keys: tuple[Key, ...]
