"""Speeds beside the peak."""

from __future__ import annotations

from autosched.backends.cpu.speed import PeakSpeed


def test_shares_of_the_peak() -> None:
    speed = PeakSpeed(1000, 10.0)
    assert speed.text(500.0) == "500 ns, 2.0 GFLOP/s (20.0% of the peak)"
    assert (speed.share(500.0), speed.share(None), PeakSpeed(None, 10.0).share(5.0)) == (
        0.2,
        None,
        None,
    )


def test_more_than_the_peak_is_remarked() -> None:
    speed = PeakSpeed(1000, 10.0)
    assert [speed.remark(time_ns) for time_ns in (None, 500.0, 100.0)] == [None] * 3
    remark = speed.remark(99.0)
    assert remark is not None
    assert remark.startswith("faster than the measured peak: ")
    assert PeakSpeed(1000, None).remark(1.0) is None


def test_load_makes_a_peak_seem_low() -> None:
    low, high, none = PeakSpeed(8, 3.0), PeakSpeed(8, 5.0), PeakSpeed(8, None)
    assert low.combined(high) == high.combined(low) == high
    assert low.combined(none) == low
    assert none.combined(low) == none
