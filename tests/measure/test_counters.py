"""Counters of the processor, or why they cannot be read."""

from __future__ import annotations

import platform

import pytest

from autosched.measure import counters
from autosched.measure.counters import Event, count

TIME = Event("time", 1, 1)
"""The time of the thread, which Linux counts itself."""

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="Linux counts")


def test_events_of_a_call_are_counted() -> None:
    calls: list[int] = []
    try:
        counted = count(lambda: calls.append(sum(range(10_000))), [TIME], calls=4)
    except OSError as error:  # containers may forbid it
        pytest.skip(str(error))
    assert len(calls) == 5
    assert counted["time"] > 0


def test_an_event_that_there_is_not() -> None:
    with pytest.raises(OSError, match=r"No such|not permitted|denied"):
        count(lambda: None, [Event("none", 1, 999_999)])


def test_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters.platform, "machine", lambda: "vax")
    with pytest.raises(OSError, match="not implemented"):
        count(lambda: None, [TIME])
