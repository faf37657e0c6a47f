"""The progress that a tuning run reports."""

from autosched.search.events import Begun, FinalistsBegun, RoundBegun
from autosched.search.progress import LineProgress
from tests.search.standings import Clock, standing, trial


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


def test_lines_where_it_got_better() -> None:
    clock = Clock()
    lines: list[str] = []
    with LineProgress(standing(clock), lines.append) as progress:
        progress(Begun(20, 3, 900.0))
        progress(RoundBegun(1, 16, False))
        for number, best in ((1, 500.0), (2, 500.0), (3, 400.0)):
            clock.now += 0.5
            progress(trial(number, best))
        clock.now += 6
        progress(trial(4, 400.0))
        progress(trial(20, 400.0, timeout=1))
    assert [line.split()[0] for line in lines] == ["3", "1/20", "3/20", "4/20", "20/20"]
    assert lines[-1].endswith("failed: 1 timeout")
