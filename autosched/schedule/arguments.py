"""The kinds of arguments of primitives, and how each is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from autosched.schedule.names import Names
from autosched.schedule.relations import Tail
from autosched.schedule.state import ScheduleState


@dataclass(frozen=True, slots=True)
class Decision:
    """Stands for element `index` of the vector that a sketch is bound to."""

    index: int


def _repr(value: Any, step: Any, names: Names) -> str:
    return repr(value)


@dataclass(frozen=True, slots=True)
class Argument:
    """A kind of argument: what is expected, whether a value is that, and its Python text."""

    expected: str
    accepts: Callable[[Any, Any, ScheduleState], bool]
    text: Callable[[Any, Any, Names], str] = _repr


def takes(**arguments: Argument) -> Mapping[str, Argument]:
    """The arguments of a primitive, by the names of its fields."""
    return MappingProxyType(arguments)


def _stage(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is int and 0 <= value < len(schedule.numbered)


def _axis(value: object, step: Any, schedule: ScheduleState) -> bool:
    return type(value) is int and 0 <= value < len(schedule.numbered[step.stage].axes)


def _axes(value: object, step: Any, schedule: ScheduleState) -> bool:
    count = len(schedule.numbered[step.stage].axes)
    return (
        type(value) is tuple
        and len(value) > 0
        and all(type(item) is int and 0 <= item < count for item in value)
    )


def _parent_axis(value: object, step: Any, schedule: ScheduleState) -> bool:
    return type(value) is int and 0 <= value < len(schedule.numbered[step.parent].axes)


def _tensor(value: object, step: object, schedule: ScheduleState) -> bool:
    if type(value) is not tuple or len(value) != 2:
        return False
    number, index = value
    if not _stage(number, step, schedule) or type(index) is not int:
        return False
    return 0 <= index < len(schedule.numbered[number].op.outputs)


def _tensors(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is tuple and bool(value) and all(_tensor(v, step, schedule) for v in value)


def _stages(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is tuple and bool(value) and all(_stage(v, step, schedule) for v in value)


def _positive(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is int and value >= 1


def _optional_positive(value: object, step: object, schedule: ScheduleState) -> bool:
    return value is None or (type(value) is int and value >= 1)


def _natural(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is int and value >= 0


def _integer(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is int


def _word(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is str and value.replace(".", "_").isidentifier()


def _plain(value: object, step: object, schedule: ScheduleState) -> bool:
    return value is None or type(value) in (bool, int, float, str)


def _tail(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is str and value in TAILS


def _layout(value: object, step: object, schedule: ScheduleState) -> bool:
    return value is None or (type(value) is tuple and all(map(_layout_entry, value)))


def _layout_entry(entry: object) -> bool:
    if type(entry) is tuple:
        return len(entry) == 2 and all(type(item) is int for item in entry) and entry[1] >= 1
    return type(entry) is int


def _extents(value: object, step: object, schedule: ScheduleState) -> bool:
    return type(value) is tuple and bool(value) and all(type(i) is int and i >= 1 for i in value)


TAILS = {tail.value: tail for tail in Tail}

STAGE = Argument("the number of a stage", _stage, lambda stage, step, n: n.stage(stage))
AXIS = Argument(
    "the position of an axis of the stage", _axis, lambda axis, step, n: n.axis(step.stage, axis)
)
AXES = Argument(
    "one or more positions of axes of the stage",
    _axes,
    lambda axes, step, n: ", ".join(n.axis(step.stage, axis) for axis in axes),
)
PARENT_AXIS = Argument(
    "the position of an axis of the parent stage",
    _parent_axis,
    lambda axis, step, n: n.axis(step.parent, axis),
)
TENSOR = Argument(
    "a stage number and a value index", _tensor, lambda tensor, step, n: n.tensor(tensor)
)
TENSORS = Argument("one or more pairs of a stage number and a value index", _tensors)
STAGES = Argument("the numbers of one or more stages", _stages)
POSITIVE = Argument("a positive integer", _positive)
OPTIONAL_POSITIVE = Argument("a positive integer or None", _optional_positive)
NATURAL = Argument("an integer that is not negative", _natural)
EXTENTS = Argument("one or more positive integers", _extents)
INTEGER = Argument("an integer", _integer)
WORD = Argument("a name", _word)
PLAIN = Argument("a number, a string, a bool or None", _plain)
TAIL = Argument("one of " + ", ".join(repr(name) for name in TAILS), _tail)
LAYOUT = Argument("a list of dimensions and [dimension, factor] pairs", _layout)
