"""Timing a call beside its peers."""

from __future__ import annotations

import pytest

from autosched.backends.cpu import trial_run


@pytest.mark.parametrize(("warm_seconds", "calls_before"), [(0.0, 1), (0.5, 1), (2.5, 3)])
def test_calls_before_the_timed_ones_fill_the_time_asked_for(
    monkeypatch: pytest.MonkeyPatch, warm_seconds: float, calls_before: int
) -> None:
    time_s = 0.0

    def call() -> None:
        nonlocal time_s
        time_s += 1.0

    monkeypatch.setattr(trial_run, "_rest", lambda: None)
    monkeypatch.setattr(trial_run.time, "monotonic", lambda: time_s)
    timed = trial_run.rested(call, lambda: int(time_s * 1e9), warm_seconds)
    assert timed(2) == 2e9
    assert time_s == calls_before + 2
