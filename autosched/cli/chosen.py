"""Which schedule `run` and `show` take."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosched.cli.options import database_path, opened

if TYPE_CHECKING:
    from autosched.search.choice import Choice
    from autosched.search.task import Task


def chosen(task: Task, database: Path | None, wanted: str = "best") -> Choice:
    """The best schedule known for the task, or with `default` the one used untuned.

    A database that is named must exist; the user's own need not.
    """
    from autosched.search.choice import choose

    store: Any = nullcontext(None)
    if wanted == "best" and (database is not None or database_path(None).exists()):
        store = opened(database)
    with store as known:
        return choose(task, known)


def described(choice: Choice) -> str:
    """The choice in words."""
    said = choice.reason.startswith(choice.origin)
    return choice.reason if said else f"{choice.origin}: {choice.reason}"
