"""The progress of a tuning run on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autosched.search.progress import Standing
from autosched.text import duration

if TYPE_CHECKING:
    from autosched.search.events import Event, TaskStanding
    from autosched.search.tasks_progress import TasksProgress

REFRESH_SECONDS = 0.1

MOST_ROWS = 24
"""The rows of a table of tasks; a display higher than the terminal cannot be redrawn."""


class _Display:
    """Redrawn when something happened, never in between: nothing runs beside a timing."""

    def __init__(self, progress: Standing | TasksProgress, title: str):
        self._progress = progress
        self._title = title
        self._drawn = float("-inf")
        self._live = Live(
            console=Console(stderr=True), auto_refresh=False, get_renderable=self._drawing
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.refresh()
        self._live.stop()

    def __call__(self, event: Event) -> None:
        better = self._progress.follow(event)
        now = self._progress.clock()
        if better or now - self._drawn >= REFRESH_SECONDS:
            self._drawn = now
            self._live.refresh()

    def _drawing(self) -> Group:
        raise NotImplementedError


class LiveProgress(_Display):
    """The display of a search for one workload."""

    def __init__(self, standing: Standing, title: str):
        self._standing = standing
        super().__init__(standing, title)

    def _drawing(self) -> Group:
        standing = self._standing
        head = Text.assemble((self._title, "bold"), f"  {standing.stage}")
        return Group(head, _bar(standing.done, standing.trials), _grid(self._facts()))

    def _facts(self) -> dict[str, str]:
        standing = self._standing
        pace = standing.trials_per_second
        known = f", {standing.known} known before" if standing.known else ""
        return {
            "trials": f"{standing.done} of {standing.trials}{known}",
            "speed": f"{pace:.1f} trials/s" if pace else "-",
            "best": standing.best,
            "failed": standing.failed,
            "left": clock_text(standing.seconds_left),
        }


class LiveTasks(_Display):
    """The display of a search for several tasks: a table of them, the heaviest first."""

    def __init__(self, progress: TasksProgress, title: str):
        self._tasks = progress
        super().__init__(progress, title)

    def _drawing(self) -> Group:
        progress = self._tasks
        head = Text.assemble((self._title, "bold"), f"  {progress.stage}")
        bar = [] if progress.trials is None else [_bar(progress.done, progress.trials)]
        return Group(head, *bar, _grid(self._facts()), self._table())

    def _facts(self) -> dict[str, str]:
        progress = self._tasks
        pace = progress.trials_per_second
        return {
            "trials": progress.counted,
            "speed": f"{pace:.1f} trials/s" if pace else "-",
            "total": progress.total,
            "left": clock_text(progress.seconds_left),
        }

    def _table(self) -> Table:
        shown = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        shown.add_column("task", overflow="ellipsis", no_wrap=True)
        for name in ("times", "share", "best", "trials", "failed"):
            shown.add_column(name, justify="right", no_wrap=True)
        tasks = sorted(self._tasks.tasks, key=lambda task: -task.total_ns)
        for task in tasks[:MOST_ROWS]:
            active = self._tasks.place is not None and task is self._tasks.tasks[self._tasks.place]
            shown.add_row(*self._cells(task), style="bold" if active else None)
        if len(tasks) > MOST_ROWS:
            shown.add_row(f"and {len(tasks) - MOST_ROWS} more", style="dim")
        return shown

    def _cells(self, task: TaskStanding) -> list[Text]:
        share = self._tasks.share(task)
        known = f" + {task.known}" if task.known else ""
        failed = sum(task.failures.values())
        words = [
            task.name,
            f"{task.weight:g}",
            "-" if share is None else f"{share:.1%}",
            task.ending if task.ending and task.best_ns is None else duration(task.best_ns),
            f"{task.trials}{known}",
            str(failed or ""),
        ]
        return [Text(word) for word in words]


def _bar(done: int, wanted: int) -> Table:
    bar = Table.grid()  # a bar alone does not end its line
    bar.add_row(ProgressBar(total=max(wanted, 1), completed=done, width=40))
    return bar


def _grid(facts: Mapping[str, str]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        grid.add_row(Text(name, style="dim"), Text(value))
    return grid


def clock_text(seconds: float | None) -> str:
    """Return a duration as h:mm:ss or m:ss."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
