"""Whether all cores of the machine are at full speed at once."""

from __future__ import annotations

import os

import pytest

from autosched.measure import cores as module
from autosched.measure.cores import Cores, cores_for


def test_cores_at_work_are_asked_until_they_are_at_full_speed() -> None:
    speeds = iter([(50.0, 50.0), (99.0, 60.0), (80.0, 90.0)])
    Cores(lambda: next(speeds), alone=100.0).part()
    assert next(speeds, None) is None


def test_cores_that_share_one_are_waited_for_a_few_times_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_SECONDS", 0.0)
    asked = 0

    def rates() -> tuple[float, float]:
        nonlocal asked
        asked += 1
        return 50.0, 50.0

    cores = Cores(rates, alone=100.0)
    assert not cores.are_apart()
    for _ in range(module.MOST_IN_VAIN):
        cores.part()
    asked = 0
    cores.part()
    assert cores.are_apart()
    assert asked == 0


def test_one_thread_and_more_threads_than_cores_have_none() -> None:
    assert cores_for(1) is None
    assert cores_for(1 + (os.cpu_count() or 1)) is None


def test_threads_of_one_core_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, cores: None, raising=False)
    monkeypatch.setattr(module, "_siblings", lambda core: f"{core % 2},{core % 2 + 2}")
    assert cores_for(2) is not None
    assert cores_for(3) is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads cannot choose cores")
def test_speeds_of_cores_leave_the_thread_that_asks_where_it_may_run() -> None:
    before = os.sched_getaffinity(0)
    cores = cores_for(len(before))
    if cores is not None:
        cores.are_apart()
    assert os.sched_getaffinity(0) == before
