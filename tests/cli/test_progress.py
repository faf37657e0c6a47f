"""What a tuning run shows as it goes."""

import io
from typing import Any

import pytest
from rich.console import Console

from autosched.cli.live import LiveProgress, clock_text
from autosched.cli.progress import LineProgress, Standing
from autosched.cli.speed import Speed
from autosched.search.events import Begun, FinalistsBegun, RoundBegun, TrialDone


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def trial(number: int, best_ns: float | None, outcome: str = "ok", **failures: int) -> TrialDone:
    return TrialDone(number, 20, outcome, "", best_ns, 30.0, best_ns, failures)


def standing(clock: Clock, **changes: Any) -> Standing:
    return Standing(Speed(1000, 10.0), 20, clock=clock, **changes)


def test_where_a_run_stands() -> None:
    clock = Clock()
    state = standing(clock)
    assert (state.best, state.failed, state.seconds_left) == ("nothing yet", "none", None)
    assert not state.follow(Begun(20, 7, None))
    state.follow(RoundBegun(1, 16, False))
    clock.now += 2
    assert state.follow(trial(1, 500.0))
    assert not state.follow(trial(2, 500.0, "timeout", timeout=1, wrong_result=2))
    assert state.trials_per_second == 1.0
    assert state.seconds_left == 18.0
    assert state.best == "500 ns, 2.0 GFLOP/s (20.0% of the peak)"
    assert state.failed == "1 timeout, 2 wrong result"
    state.follow(FinalistsBegun(5))
    assert state.stage == "measuring the fastest 5 again"


def test_the_time_limit_counts_too() -> None:
    clock = Clock()
    state = standing(clock, time_limit=10.0)
    clock.now += 4
    assert state.seconds_left == 6.0
    clock.now += 40
    assert state.seconds_left == 0.0


def test_lines_where_it_got_better(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with LineProgress(standing(clock)) as progress:
        progress(Begun(20, 3, 900.0))
        progress(RoundBegun(1, 16, False))
        for number, best in ((1, 500.0), (2, 500.0), (3, 400.0)):
            clock.now += 0.5
            progress(trial(number, best))
        clock.now += 6
        progress(trial(4, 400.0))
        progress(trial(20, 400.0, timeout=1))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ["3", "1/20", "3/20", "4/20", "20/20"]
    assert lines[-1].endswith("failed: 1 timeout")


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
