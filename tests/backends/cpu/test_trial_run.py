"""Timing a call beside its peers."""

from __future__ import annotations

import pytest

from autosched.backends.cpu import trial_run
from autosched.backends.cpu.peers import Contenders
from autosched.measure import cores as cores_module
from autosched.measure.cores import Cores


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


def test_calls_are_timed_again_until_the_cores_are_at_full_speed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speeds = iter([(1.0, 1.0), (0.5, 0.5), (0.9, 1.0), (1.0, 0.9)])
    calls: list[int] = []
    monkeypatch.setattr(trial_run, "_rest", lambda: None)
    cores = Cores(lambda: next(speeds), alone=1.0)
    timed = trial_run.rested(lambda: calls.append(0), lambda: len(calls), cores=cores)
    assert timed(3) == 3
    assert len(calls) == 2 * (1 + 3)
    assert next(speeds, None) is None


def test_calls_without_cores_of_their_own_are_timed_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial_run, "_rest", lambda: None)
    monkeypatch.setattr(cores_module, "MOST_SECONDS", 0.0)
    calls: list[int] = []
    cores = Cores(lambda: (0.5, 1.0), alone=1.0)
    timed = trial_run.rested(lambda: calls.append(0), lambda: len(calls), cores=cores)
    assert timed(3) == 3
    assert len(calls) == cores_module.MOST_IN_VAIN * (1 + 3)


def test_kernels_compared_are_called_a_few_times_before_they_are_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fast() -> None: ...

    def slow() -> None: ...

    seconds, warm = {fast: 0.001, slow: 1.0}, []
    monkeypatch.setattr(trial_run, "_seconds", lambda run: seconds[run])
    monkeypatch.setattr(trial_run, "rested", lambda _run, _clock, before, _: warm.append(before))
    monkeypatch.setattr(trial_run, "interleave", lambda runs, _rounds: [(1.0,) for _ in runs])
    trial_run.compare("fast", fast, Contenders({"slow": slow}), lambda _: None)
    assert warm == [0.005, 0.02]
