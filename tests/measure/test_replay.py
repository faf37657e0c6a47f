"""Recorded outcomes instead of measured ones."""

from __future__ import annotations

import pytest

from autosched.errors import MeasureError
from autosched.measure.measurer import Measurer
from autosched.measure.outcome import Outcome
from autosched.measure.replay import ReplayMeasurer, recorded

GOOD = Outcome("ok", times_ns=(3.0, 1.0, 2.0))
BAD = Outcome("crashed", "SIGSEGV")


def test_every_candidate_has_its_recorded_outcome() -> None:
    measurer: Measurer = ReplayMeasurer(recorded({("w", "a"): GOOD, ("w", "b"): BAD}))
    reported: list[tuple[int, Outcome]] = []
    outcomes = measurer.measure("w", ["b", "a"], report=lambda i, o: reported.append((i, o)))
    assert outcomes == [BAD, GOOD]
    assert reported == [(0, BAD), (1, GOOD)]
    assert measurer.compare("w", ["a"]) == [GOOD]


def test_a_missing_outcome_raises() -> None:
    with pytest.raises(MeasureError, match="with a recorded outcome, got c"):
        ReplayMeasurer(recorded({})).measure("w", ["c"])


def test_an_outcome_is_converted_to_plain_values_and_back() -> None:
    assert Outcome.from_plain(GOOD.to_plain()) == GOOD
    assert GOOD.time_ns == 2.0
    assert BAD.time_ns == float("inf")
    assert not BAD.ok
