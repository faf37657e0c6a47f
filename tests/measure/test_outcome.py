"""The outcome of a candidate."""

from __future__ import annotations

from autosched.measure.outcome import Outcome

GOOD = Outcome("ok", times_ns=(3.0, 1.0, 2.0))
BAD = Outcome("crashed", "SIGSEGV")


def test_the_time_is_the_median() -> None:
    assert GOOD.time_ns == 2.0
    assert GOOD.ok
    assert BAD.time_ns == float("inf")
    assert not BAD.ok


def test_an_outcome_is_converted_to_plain_values_and_back() -> None:
    assert Outcome.from_plain(GOOD.to_plain()) == GOOD
