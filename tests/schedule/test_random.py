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


def test_every_primitive_is_drawn() -> None:
    random = Random(6)
    drawn = {step.name for _ in range(1000) for step in random_schedule(random.randrange, 30).trace}
    assert drawn == set(PRIMITIVES)
