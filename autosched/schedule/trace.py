"""Traces: the steps that made a schedule. They are written as text, read and applied again.

A trace is a list of primitives, which are plain values. Its text is JSON:

    {"version": 1, "steps": [["split", 2, 0, {"factor": 8, "tail": "guard"}], ...]}

A step is a list: the name of the primitive, its arguments without a default in order, and an
object with its other arguments by name, except those that are None. An open decision of a sketch
is `{"decision": 3}`. The text of a template's schedule also has `knobs`, the values that made it,
which reading leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

from autosched.errors import ScheduleError
from autosched.schedule.arguments import Decision
from autosched.schedule.names import Names
from autosched.schedule.primitives import PRIMITIVES, Primitive
from autosched.schedule.schedule import Schedule, create_schedule

VERSION = 1
Trace = list[Primitive]


def to_json(trace: Iterable[Primitive]) -> str:
    """Return the text of a trace or a sketch; equal traces have equal texts."""
    steps = [_encode(step) for step in trace]
    return json.dumps({"version": VERSION, "steps": steps}, separators=(",", ":"))


def from_json(text: str) -> Trace:
    """Read a trace from its text. Raises ScheduleError if it is no trace or of a later version."""
    try:
        document = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise ScheduleError(f"expected the JSON text of a trace, got {error}") from None
    steps = document.get("steps") if isinstance(document, dict) else None
    if not isinstance(steps, list):
        raise ScheduleError('expected a trace {"version": 1, "steps": [...]}, got other JSON')
    if document.get("version") != VERSION:
        raise ScheduleError(
            f"expected a trace of version {VERSION}, got version {document.get('version')!r}",
            hint="a newer autosched wrote it; update this one",
        )
    return [_decode(step, number) for number, step in enumerate(steps)]


def replay(ops: Any, trace: Iterable[Primitive]) -> Schedule:
    """Return the schedule of `ops` (as for `create_schedule`) with every step of `trace` applied.

    Raises ScheduleError where a step does not apply to this expression.
    """
    schedule = create_schedule(ops)
    for number, step in enumerate(trace):
        try:
            schedule.apply(step)
        except ScheduleError as error:
            raise ScheduleError(
                f"step {number} of the trace, {step.name}: {error.message}",
                hint=error.hint,
                context=error.context,
            ) from None
    return schedule


def _signature(kind: type[Primitive]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    required = tuple(item.name for item in fields(kind) if item.default is MISSING)
    optional = tuple(item.name for item in fields(kind) if item.default is not MISSING)
    return required, optional


SIGNATURES = {name: _signature(kind) for name, kind in PRIMITIVES.items()}
"""For each primitive, its arguments that are written by position, and those by name."""


def _encode(step: Primitive) -> list[Any]:
    required, optional = SIGNATURES[step.name]
    named = {name: getattr(step, name) for name in optional}
    named = {name: _plain(value) for name, value in named.items() if value is not None}
    positional = [_plain(getattr(step, name)) for name in required]
    return [step.name, *positional, *([named] if named else [])]


def _plain(value: Any) -> Any:
    if type(value) is tuple:
        return [_plain(item) for item in value]
    return {"decision": value.index} if type(value) is Decision else value


def _decode(step: Any, number: int) -> Primitive:
    if not isinstance(step, list) or not step or not isinstance(step[0], str):
        raise ScheduleError(f'expected step {number} to be ["name", ...], got {step!r}')
    name, *values = step
    kind = PRIMITIVES.get(name)
    if kind is None:
        raise ScheduleError(
            f"expected a primitive in step {number}, got {name!r}",
            hint="the primitives are " + ", ".join(PRIMITIVES),
        )
    required, optional = SIGNATURES[name]
    named: dict[str, Any] = {}
    if len(values) == len(required) + 1 and isinstance(values[-1], dict):
        named = values.pop()
    if len(values) != len(required) or not named.keys() <= set(optional):
        expected = ", ".join((*required, *(f"{name}=..." for name in optional)))
        raise ScheduleError(
            f"expected the arguments ({expected}) for {name} in step {number}, got {step[1:]!r}"
        )
    arguments = {**dict(zip(required, values, strict=True)), **named}
    return kind(**{name: _value(value, number) for name, value in arguments.items()})


def _value(value: Any, number: int) -> Any:
    if isinstance(value, list):
        return tuple(_value(item, number) for item in value)
    if not isinstance(value, dict):
        return value
    index = value.get("decision")
    if len(value) != 1 or type(index) is not int or index < 0:
        raise ScheduleError(f'expected {{"decision": n}} in step {number}, got {value!r}')
    return Decision(index)


def to_python(schedule: Schedule) -> str:
    """Return statements that make `schedule` anew, given its outputs under their own names."""
    followed = create_schedule(list(schedule.outputs))
    names = Names(followed)
    for step in schedule.trace:
        call = step.python(names)
        made = _parts(followed.apply(step))
        targets = ", ".join(names.target(each) for each in made)
        if step.makes_a_tuple and len(made) == 1:
            targets += ","
        names.lines.append(f"{targets} = {call}" if made else call)
    return "\n".join(names.lines) + "\n"


def _parts(result: Any) -> tuple[Any, ...]:
    if result is None:
        return ()
    return result if isinstance(result, tuple) else (result,)
