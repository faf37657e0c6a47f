"""Timing a call beside its peers."""

from __future__ import annotations

import pytest

from autosched.backends.cpu import trial_run
from autosched.backends.cpu.peers import Contenders


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


def test_kernels_compared_are_called_a_few_times_before_they_are_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fast() -> None: ...

    def slow() -> None: ...

    seconds, warm = {fast: 0.001, slow: 1.0}, []
    monkeypatch.setattr(trial_run, "_seconds", lambda run: seconds[run])
    monkeypatch.setattr(trial_run, "rested", lambda _run, _clock, before: warm.append(before))
    monkeypatch.setattr(trial_run, "interleave", lambda runs, _rounds: [(1.0,) for _ in runs])
    trial_run.compare("fast", fast, Contenders({"slow": slow}), lambda _: None)
    assert warm == [0.005, 0.02]
