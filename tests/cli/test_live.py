"""A tuning run on a terminal."""

import io

import pytest
from rich.console import Console

from autosched.cli.live import LiveProgress, clock_text
from autosched.search.events import Begun, RoundBegun
from tests.search.standings import Clock, standing, trial


def test_the_live_display_shows_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    progress = LiveProgress(standing(clock), "matmul m=4")
    output = io.StringIO()
    progress._live.console = Console(file=output, force_terminal=True, width=100)
    with progress:
        progress(Begun(20, 3, None))
        progress(RoundBegun(1, 16, False))
        clock.now += 2
        progress(trial(5, 500.0, timeout=2))
    text = output.getvalue()
    assert not any("━" in line and "trials" in line for line in text.splitlines())
    for word in ("matmul m=4", "round 1", "5 of 20, 3 known before", "2.5 trials/s", "500 ns",
                 "20.0% of the peak", "2 timeout", "0:06"):  # fmt: skip
        assert word in text


def test_clocks() -> None:
    assert [clock_text(s) for s in (None, 0.4, 65, 3700)] == ["-", "0:00", "1:05", "1:01:40"]
