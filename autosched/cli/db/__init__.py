"""`autosched db`: commands that read the tuning database, and copy or delete its records."""

from __future__ import annotations

from autosched.cli.group import LazyGroup

_NAMES = (
    "best", "list", "plot", "query", "stats", "export", "merge", "forget", "prune", "verify",
    "import",
)  # fmt: skip

command = LazyGroup(
    name="db",
    help="Look into the tuning database, and move what is in it.",
    package=__name__,
    names=_NAMES,
)
