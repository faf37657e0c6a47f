"""Random legal schedules of random expressions: evaluated, interpreted and compiled alike.

Every schedule is lowered, verified after each pass and interpreted, with all accesses
checked, before and after the passes. What the interpreter accepted is then compiled, many
schedules to a module, all in another process, which wrong code may end.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from autosched.errors import LoweringError
from autosched.lowering.lower import lower
from autosched.target.target import Target
from tests.fuzz.agreement import Case, compiled, interpreted
from tests.fuzz.expressions import FAMILIES, with_one_name
from tests.fuzz.isolated import isolated
from tests.properties import examples
from tests.schedule.intrinsics import without_intrinsics
from tests.schedule.random_schedules import ordered_schedule, random_schedule

SCHEDULES_A_MODULE = 10
MODULES_A_FAMILY = 15
"""150 schedules for each family, more than two thousand together."""

MOST_OPERATIONS = 30_000
"""Operations that are written out at most; a schedule with more takes minutes and is drawn anew."""

HOST = Target.host()
TARGETS = (
    HOST,
    HOST,
    replace(HOST, vector_bits=min(HOST.vector_bits, 256)),
    replace(HOST, vector_bits=128),
)


def random_case(family: int, seed: int, name: str, target: Target) -> Case:
    draw = Random(seed).randrange
    program = FAMILIES[family](draw)
    if seed % 3 == 0:
        program = with_one_name(program)
    if draw(3):
        schedule = ordered_schedule(draw, program.outputs)
    else:
        schedule = random_schedule(draw, 1 + draw(30), program.outputs)
    with patch("autosched.passes.unroll.MOST_OPERATIONS", MOST_OPERATIONS):
        try:
            lower(schedule, [*program.args, *program.sizes])
        except LoweringError:  # an attached stage computes tiles of other sizes
            schedule = without_intrinsics(schedule)
        try:
            return interpreted(program, schedule, target, seed, name)
        except LoweringError as error:
            if "written out" in error.message:
                reject()
            raise


def check(family: int, seeds: list[int], target: Target, threads: int) -> None:
    """Check schedules of a family, one for each seed, as one module."""
    cases = [
        random_case(family, seed, f"schedule{number}", target) for number, seed in enumerate(seeds)
    ]
    compiled(cases, target, threads)


@pytest.mark.parametrize("family", range(len(FAMILIES)), ids=lambda n: FAMILIES[n].__name__)
def test_every_way_to_compute_agrees(family: int) -> None:
    @settings(examples(MODULES_A_FAMILY), suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.integers(0, 1 << 32),
            min_size=SCHEDULES_A_MODULE,
            max_size=SCHEDULES_A_MODULE,
            unique=True,
        ),
        st.sampled_from(TARGETS),
        st.sampled_from((1, 2)),
    )
    def agrees(seeds: list[int], target: Target, threads: int) -> None:
        isolated(check, family, seeds, target, threads)

    agrees()
