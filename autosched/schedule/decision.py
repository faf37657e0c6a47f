"""Decisions: the open integers of a sketch, and how a vector fills them in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace

from autosched.errors import ScheduleError
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives.base import Primitive


def bind(sketch: Iterable[Primitive], vector: Sequence[int]) -> list[Primitive]:
    """Return the steps of `sketch` with the integers of `vector` in place of its decisions.

    Raises ScheduleError if the vector is too short.
    """
    return [_bind_step(step, vector) for step in sketch]


def decisions(sketch: Iterable[Primitive]) -> set[int]:
    """The indices of the decisions that are open in `sketch`."""
    found: set[int] = set()
    for step in sketch:
        for item in fields(step):
            _collect(getattr(step, item.name), found)
    return found


def _bind_step(step: Primitive, vector: Sequence[int]) -> Primitive:
    changes = {}
    for name in step.arguments:
        value = getattr(step, name)
        if type(value) is Decision or type(value) is tuple:
            bound = _bind_value(value, vector)
            if bound is not value:
                changes[name] = bound
    return replace(step, **changes) if changes else step


def _bind_value(value: object, vector: Sequence[int]) -> object:
    if type(value) is Decision:
        if not 0 <= value.index < len(vector):
            raise ScheduleError(
                f"expected a vector with an element {value.index}, got {len(vector)} elements"
            )
        return int(vector[value.index])
    if type(value) is tuple:
        bound = tuple(_bind_value(item, vector) for item in value)
        return bound if any(a is not b for a, b in zip(bound, value, strict=True)) else value
    return value


def _collect(value: object, found: set[int]) -> None:
    if type(value) is Decision:
        found.add(value.index)
    elif type(value) is tuple:
        for item in value:
            _collect(item, found)
