"""The kinds of arguments that primitives take, and how each is checked and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from autosched.schedule.names import Names
from autosched.schedule.state import ScheduleState
from autosched.schedule.tail import TAILS


@dataclass(frozen=True, slots=True)
class Decision:
    """A placeholder for element `index` of the vector that a sketch is bound to."""

    index: int


Accepts = Callable[[Any, Any, ScheduleState], bool]
"""Tells whether a value of a step is a valid argument for a schedule."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A kind of argument: its description, the test of a value, and the Python text of a value."""

    expected: str
    accepts: Accepts
    text: Callable[[Any, Any, Names], str] = lambda value, step, names: repr(value)


def takes(**arguments: Argument) -> Mapping[str, Argument]:
    """Return the arguments of a primitive by the names of its fields."""
    return MappingProxyType(arguments)


def _is_index(value: object, count: int) -> bool:
    return type(value) is int and 0 <= value < count


def _stage(value: object, step: object, schedule: ScheduleState) -> bool:
    return _is_index(value, len(schedule.numbered))


def _axis(value: object, step: Any, schedule: ScheduleState) -> bool:
    return _is_index(value, len(schedule.numbered[step.stage].axes))


def _parent_axis(value: object, step: Any, schedule: ScheduleState) -> bool:
    return _is_index(value, len(schedule.numbered[step.parent].axes))


def _tensor(value: object, step: object, schedule: ScheduleState) -> bool:
    if type(value) is not tuple or len(value) != 2 or not _stage(value[0], step, schedule):
        return False
    return _is_index(value[1], len(schedule.numbered[value[0]].op.outputs))


def _each(accepts: Accepts) -> Accepts:
    """Make a test of tuples of one or more values that `accepts` accepts."""
    return lambda value, step, schedule: (
        type(value) is tuple
        and bool(value)
        and all(accepts(item, step, schedule) for item in value)
    )


def _where(accepts: Callable[[Any], bool]) -> Accepts:
    """Make a test of a value that does not depend on the schedule."""
    return lambda value, step, schedule: accepts(value)


def _at_least(least: int) -> Accepts:
    return lambda value, step, schedule: type(value) is int and value >= least


def _is_word(value: object) -> bool:
    return type(value) is str and value.replace(".", "_").isidentifier()


def _is_layout(value: object) -> bool:
    return value is None or (type(value) is tuple and all(map(_is_layout_entry, value)))


def _is_layout_entry(entry: object) -> bool:
    if type(entry) is tuple:
        return len(entry) == 2 and all(type(item) is int for item in entry) and entry[1] >= 1
    return type(entry) is int


STAGE = Argument("the number of a stage", _stage, lambda stage, step, n: n.stage(stage))
AXIS = Argument(
    "the position of an axis of the stage", _axis, lambda axis, step, n: n.axis(step.stage, axis)
)


def _axes_text(axes: Any, step: Any, names: Names) -> str:
    return ", ".join(names.axis(step.stage, axis) for axis in axes)


AXES = Argument("one or more positions of axes of the stage", _each(_axis), _axes_text)
ANY_AXES = Argument(
    "positions of axes of the stage",
    lambda value, step, schedule: value == () or AXES.accepts(value, step, schedule),
    _axes_text,
)
PARENT_AXIS = Argument(
    "the position of an axis of the parent stage",
    _parent_axis,
    lambda axis, step, n: n.axis(step.parent, axis),
)
TENSOR = Argument(
    "a stage number and a value index", _tensor, lambda tensor, step, n: n.tensor(tensor)
)
TENSORS = Argument("one or more pairs of a stage number and a value index", _each(_tensor))
STAGES = Argument("the numbers of one or more stages", _each(_stage))
POSITIVE = Argument("a positive integer", _at_least(1))
OPTIONAL_POSITIVE = Argument(
    "a positive integer or None", _where(lambda v: v is None or (type(v) is int and v >= 1))
)
NATURAL = Argument("an integer that is not negative", _at_least(0))
EXTENTS = Argument("one or more positive integers", _each(_at_least(1)))
INTEGER = Argument("an integer", _where(lambda value: type(value) is int))
WORD = Argument("a name", _where(_is_word))
PLAIN = Argument(
    "a number, a string, a bool or None",
    _where(lambda value: value is None or type(value) in (bool, int, float, str)),
)
TAIL = Argument(
    "one of " + ", ".join(map(repr, TAILS)), _where(lambda v: type(v) is str and v in TAILS)
)
LAYOUT = Argument("a list of dimensions and [dimension, factor] pairs", _where(_is_layout))
WIDE_FLOAT = Argument(
    "'float32', 'float64' or None", _where(lambda v: v in (None, "float32", "float64"))
)
