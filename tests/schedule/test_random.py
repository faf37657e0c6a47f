"""Random legal schedules keep their meaning, and are the same replayed and pasted."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from autosched.schedule import from_json, replay, to_json
from autosched.schedule.primitives import PRIMITIVES
from tests.properties import examples
from tests.schedule.nests import means_the_same, pasted
from tests.schedule.random_schedules import random_schedule


@examples(150)
@given(st.integers(0, 1 << 32), st.integers(1, 30))
def test_replayed_pasted_and_evaluated(seed: int, steps: int) -> None:
    s = random_schedule(Random(seed).randrange, steps)
    assert str(replay(s.outputs, from_json(to_json(s.trace)))) == str(s)
    assert str(pasted(s)) == str(s)
    means_the_same(s)


@examples(150)
@given(st.integers(0, 1 << 32), st.integers(1, 30))
def test_steps_of_a_copy_leave_the_schedule_alone(seed: int, steps: int) -> None:
    s = random_schedule(Random(seed).randrange, steps)
    middle = len(s.trace) // 2
    started = replay(s.outputs, s.trace[:middle])
    before, copied = str(started), started.copy()
    assert str(copied) == before
    for step in s.trace[middle:]:
        copied.apply(step)
    assert (str(copied), copied.trace) == (str(s), s.trace)
    assert (str(started), started.trace) == (before, s.trace[:middle])
    means_the_same(copied)
    for step in s.trace[middle:]:
        started.apply(step)
    assert str(started) == str(s)


def test_every_primitive_is_drawn() -> None:
    random = Random(6)
    drawn = {step.name for _ in range(1000) for step in random_schedule(random.randrange, 30).trace}
    assert drawn == set(PRIMITIVES)
