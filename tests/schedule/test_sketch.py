"""Decisions: a sketch and a vector make a trace."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import ScheduleError
from autosched.schedule import Decision, bind, from_json, replay, to_json
from autosched.schedule.primitives import CacheRead, Fuse, Split, Tile
from autosched.schedule.sketch import DependentLimit, decisions
from tests.schedule.nests import matmul

SKETCH = [
    CacheRead((1, 0), "global", (2,), ((1, Decision(1)), 0, 1)),
    Tile(2, 0, 1, Decision(0), Decision(1)),
    Fuse(2, (3, 5)),
]


def test_bound_to_a_vector() -> None:
    trace = bind(SKETCH, [2, 3])
    assert trace == [
        CacheRead((1, 0), "global", (2,), ((1, 3), 0, 1)),
        Tile(2, 0, 1, 2, 3),
        Fuse(2, (3, 5)),
    ]
    assert trace[2] is SKETCH[2]
    assert "B.global[j//3, k, j%3]" in str(replay(matmul(), trace))


def test_bound_to_numpy_integers() -> None:
    trace = bind([Split(2, 0, factor=Decision(0))], np.array([4, 5]))
    assert type(trace[0].factor) is int
    replay(matmul(), trace)


def test_the_text_of_a_sketch() -> None:
    assert from_json(to_json(SKETCH)) == SKETCH


def test_which_are_open() -> None:
    assert decisions(SKETCH) == {0, 1}
    assert decisions(bind(SKETCH, [2, 3])) == set()


def test_a_vector_that_is_too_short() -> None:
    with pytest.raises(ScheduleError, match="an element 1, got 1 elements"):
        bind(SKETCH, [2])


def test_a_decision_that_depends_on_others() -> None:
    limit = DependentLimit(1, frozenset({0, 2}))
    vectors = np.array([[1, 1, 1], [1, 3, 1], [2, 3, 1], [1, 3, 4], [2, 1, 1]])
    assert limit.holds(vectors).tolist() == [True, False, True, True, True]
    assert limit.decisions == {0, 1, 2}
    assert not DependentLimit(0, frozenset()).holds(np.array([[3]])).any()
