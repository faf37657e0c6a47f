"""A tuning run on a terminal."""

import io

import pytest
from rich.console import Console

from autosched.cli.live import LiveProgress, LiveTasks, clock_text
from autosched.search.events import Begun, RoundBegun, TaskChanged, TasksBegun, TaskStanding
from autosched.search.tasks_progress import TasksProgress
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


def test_the_live_table_has_the_heaviest_tasks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autosched.cli.live.MOST_ROWS", 2)
    clock = Clock()
    display = LiveTasks(TasksProgress(None, clock), "model.onnx")
    output = io.StringIO()
    display._live.console = Console(file=output, force_terminal=True, width=100)
    light, heavy, new = (
        TaskStanding("light", 1, 0, 3, 1000.0, {}),
        TaskStanding("heavy", 4, 5, 7, 1000.0, {"timeout": 2}),
        TaskStanding("new", 1, 0, 0, None, {}),
    )
    with display:
        display(TasksBegun((light, heavy, new), 20))
        clock.now += 2
        display(TaskChanged(0, light, 10, trial(10, 1000.0)))
    text = output.getvalue()
    rows = text[text.rindex("task ") :].splitlines()
    assert "and 1 more" in rows[3]
    for word in ("heavy", "4", "80.0%", "1 µs", "7 + 5", "2"):
        assert word in rows[1]
    for word in ("light", "20.0%", "1 µs", "3"):
        assert word in rows[2]
    for word in ("model.onnx", "measuring light", "10/20", "5.0 trials/s", "0:02"):
        assert word in text
