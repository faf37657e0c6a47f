"""Arguments that make no sense get a sentence, never an accident of our own code."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched import te
from autosched.errors import AutoschedError
from autosched.lowering.lower import lower
from autosched.schedule import Schedule, Stage, create_schedule, from_json, replay
from autosched.schedule.primitives import PRIMITIVES
from autosched.te.dag import inputs
from tests.properties import examples
from tests.schedule.random_schedules import EXPRESSIONS, ordered_schedule

METHODS = [
    name
    for name, member in vars(Stage).items()
    if inspect.isfunction(member) and not name.startswith("_")
]
ON_SCHEDULE = ["cache_read", "cache_write", "rfactor", "normalize", "create_group"]
PLAIN: list[Any] = [
    *(
        None,
        True,
        -1,
        0,
        1,
        2,
        3,
        8,
        10**30,
        2.5,
        float("nan"),
        "x",
        "local",
        "guard",
        "",
        b"",
        (),
        [],
    ),
    *((1, 0), [[0, 3], 0], {"a": 1}),
    *(object(), te.const(2), te.const(2.0), te.var("n"), int),
]


def values(s: Schedule, draw: Callable[[int], int]) -> list[Any]:
    """Whatever may be passed: plain values, and what the schedule and others are made of."""
    other = create_schedule(te.compute((3,), lambda i: te.const(1.0), name="other"))
    own = s.stages[draw(len(s.stages))]
    return [
        *PLAIN,
        *own.axes,
        *own.leaves,
        *s.tensors,
        *s.stages,
        *other.stages[0].axes,
        *other.tensors,
        own.leaves,
        own.op,
        s,
    ]


def called(s: Schedule, draw: Callable[[int], int]) -> None:
    """One call of a method with any values for its arguments."""
    pool = values(s, draw)
    pick = lambda: pool[draw(len(pool))]  # noqa: E731
    if draw(4):
        method = getattr(s.stages[draw(len(s.stages))], METHODS[draw(len(METHODS))])
    else:
        method = getattr(s, ON_SCHEDULE[draw(len(ON_SCHEDULE))])
    given: list[Any] = []
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            given += [pick() for _ in range(draw(4))]
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            given.append(pick())
    method(*given)


def refusal(action: Callable[[], Any]) -> str | None:
    """What is said where `action` refuses; any other exception is a defect."""
    try:
        action()
    except AutoschedError as error:
        return str(error)
    return None


def is_lowered_or_refused(s: Schedule) -> None:
    written = [tensor for op in s.outputs for tensor in op.outputs]
    said = refusal(lambda: lower(s, [*inputs(written), *written]))
    assert said is None or said.startswith("expected ")


@examples(300)
@given(st.integers(0, 1 << 32))
def test_calls_of_methods(seed: int) -> None:
    draw = Random(seed).randrange
    s = create_schedule(EXPRESSIONS[draw(len(EXPRESSIONS))]())
    for _ in range(30):
        before, steps = str(s), len(s.trace)
        said = refusal(lambda: called(s, draw))
        if said is not None:
            assert said.startswith("expected ")
            assert (str(s), len(s.trace)) == (before, steps)
    is_lowered_or_refused(s)


@examples(300)
@given(st.integers(0, 1 << 32))
def test_traces_of_any_values(seed: int) -> None:
    draw = Random(seed).randrange
    s = create_schedule(EXPRESSIONS[draw(len(EXPRESSIONS))]())
    names = list(PRIMITIVES)
    plain = [None, True, -1, 0, 1, 2, 7, 1 << 70, 1.5, "shift", "local", [0], [1, 0], [[0, 2]], {}]
    for _ in range(8):
        step = [names[draw(len(names))], *(plain[draw(len(plain))] for _ in range(draw(6)))]
        text = json.dumps({"version": 1, "steps": [step]})
        said = refusal(lambda text=text: replay(s.outputs, from_json(text)))
        assert said is None or "expected " in said


@examples(150)
@given(st.integers(0, 1 << 32))
def test_traces_of_other_expressions(seed: int) -> None:
    draw = Random(seed).randrange
    first, second = (EXPRESSIONS[draw(len(EXPRESSIONS))]() for _ in range(2))
    trace = ordered_schedule(draw, first).trace
    said = refusal(lambda: is_lowered_or_refused(replay(second, trace)))
    assert said is None or "expected " in said


@pytest.mark.parametrize("args", [[], [None], ["A"], [3], None, "AB", [[]]])
def test_arguments_of_lower(args: Any) -> None:
    s = create_schedule(EXPRESSIONS[0]())
    said = refusal(lambda: lower(s, args))
    assert said is not None
    assert said.startswith("expected ")
