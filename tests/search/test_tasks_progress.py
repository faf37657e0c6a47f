"""What a run over several tasks tells as it goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched.search.events import (
    FinalistsBegun,
    TaskChanged,
    TasksBegun,
    TaskStanding,
)
from autosched.search.tasks_progress import TaskLines, TasksProgress
from tests.search.standings import Clock, trial

A = TaskStanding("a", 2, 5, 0, 1000.0, {})
B = TaskStanding("b", 1, 0, 0, None, {})


def begun(clock: Clock, trials: int | None = 20, limit: float | None = None) -> TasksProgress:
    progress = TasksProgress(limit, clock)
    progress.follow(TasksBegun((A, B), trials))
    return progress


def test_how_a_run_stands() -> None:
    clock = Clock()
    progress = begun(clock)
    assert (progress.total_ns, progress.known_ns, progress.seconds_left) == (None, 2000.0, None)
    assert progress.total == "2 µs and 1 task without a time"
    clock.now += 2
    timed = replace(B, trials=1, best_ns=2000.0)
    assert progress.follow(TaskChanged(1, timed, 1, trial(1, 2000.0)))
    assert progress.total == "4 µs, 4 µs at first"
    assert not progress.follow(TaskChanged(1, replace(timed, trials=2), 2, trial(2, 2000.0)))
    assert (progress.counted, progress.trials_per_second, progress.seconds_left) == ("2/20", 1, 18)
    assert [progress.share(task) for task in progress.tasks] == [0.5, 0.5]
    assert progress.stage == "measuring b"
    progress.follow(TaskChanged(0, A, 2, FinalistsBegun(3)))
    assert progress.stage == "measuring the fastest of a again"


def test_time_may_end_it() -> None:
    clock = Clock()
    progress = begun(clock, trials=None, limit=10.0)
    clock.now += 4
    assert (progress.counted, progress.seconds_left) == ("0", 6.0)


def test_lines_where_a_task_gets_faster_or_ends() -> None:
    clock = Clock()
    said: list[str] = []
    with TaskLines(TasksProgress(clock=clock), said.append) as lines:
        lines(TasksBegun((A, B), None))
        timed = replace(B, trials=1, best_ns=2000.0)
        for number in (1, 2, 3):
            lines(TaskChanged(1, replace(timed, trials=number), number, trial(number, 2000.0)))
        clock.now += 6
        lines(TaskChanged(1, replace(timed, trials=4), 4, trial(4, 2000.0)))
        lines(TaskChanged(0, replace(A, ending="exhausted"), 4))
    assert said[0] == "2 tasks, 5 trials known"
    assert [line.split()[0] for line in said[1:]] == ["1", "4", "4"]
    assert said[1] == "1  total 4 µs, 4 µs at first  b x1  2 µs (50%)"
    assert said[-1].endswith("a x2  1 µs (50%)  exhausted")


def test_a_share_needs_a_time() -> None:
    assert begun(Clock()).share(B) is None
    assert begun(Clock()).share(A) == pytest.approx(1.0)
