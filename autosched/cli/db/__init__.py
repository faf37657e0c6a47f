"""`autosched db`: looking into the tuning database, and moving what is in it."""

from __future__ import annotations

from autosched.cli.group import LazyGroup

command = LazyGroup(
    name="db",
    help="Look into the tuning database, and move what is in it.",
    modules={
        **{
            name: f"autosched.cli.db.{name}"
            for name in (
                "best",
                "list",
                "plot",
                "query",
                "stats",
                "export",
                "merge",
                "forget",
                "prune",
                "verify",
            )
        },
        "import": "autosched.cli.db.import_",
    },
)
