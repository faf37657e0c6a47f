"""Sketches of random expressions: every one can be lowered and computes the right values."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.expressions import FAMILIES

HOST = Target.host()
SKETCHES = 2
"""How many of each expression run: the first, and others drawn."""


@pytest.mark.parametrize("family", range(len(FAMILIES)), ids=lambda n: FAMILIES[n].__name__)
def test_the_default_and_a_random_candidate(family: int) -> None:
    seed = 3
    random, rng = Random(seed), np.random.default_rng(seed)
    program = FAMILIES[family](random.randrange)
    first, *others = space(program.outputs, HOST).sketches
    cases = []
    for sketch in [first, *random.sample(others, min(len(others), SKETCHES - 1))]:
        for vector in {sketch.default, *map(tuple, sketch.sample(rng, 1).tolist())}:
            schedule = replay(program.outputs, sketch.bind(vector))
            cases.append(interpreted(program, schedule, HOST, seed, f"k{len(cases)}"))
    compiled(cases, HOST, threads=2)
