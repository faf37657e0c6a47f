"""The progress of a tuning run on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autosched.search.progress import Standing

if TYPE_CHECKING:
    from autosched.search.events import Event

REFRESH_SECONDS = 0.1


class LiveProgress:
    """Redrawn when something happened, never in between: nothing runs beside a timing."""

    def __init__(self, standing: Standing, title: str):
        self._standing = standing
        self._title = title
        self._drawn = float("-inf")
        self._live = Live(
            console=Console(stderr=True), auto_refresh=False, get_renderable=self._drawing
        )

    def __enter__(self) -> LiveProgress:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.refresh()
        self._live.stop()

    def __call__(self, event: Event) -> None:
        better = self._standing.follow(event)
        now = self._standing.clock()
        if better or now - self._drawn >= REFRESH_SECONDS:
            self._drawn = now
            self._live.refresh()

    def _drawing(self) -> Group:
        standing = self._standing
        head = Text.assemble((self._title, "bold"), f"  {standing.stage}")
        bar = Table.grid()  # a bar alone does not end its line
        bar.add_row(ProgressBar(total=max(standing.trials, 1), completed=standing.done, width=40))
        facts = Table.grid(padding=(0, 2))
        for name, value in self._facts().items():
            facts.add_row(Text(name, style="dim"), Text(value))
        return Group(head, bar, facts)

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


def clock_text(seconds: float | None) -> str:
    """A duration as people read it off a clock."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
