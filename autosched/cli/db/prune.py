"""`autosched db prune`: forget all but the fastest trials."""

from __future__ import annotations

from pathlib import Path

import click

from autosched.cli.options import changed, database_options
from autosched.cli.reply import Reply


@click.command("prune")
@click.option(
    "--keep", type=click.IntRange(min=1), required=True, help="How many trials of each task stay."
)
@database_options
def command(keep: int, database: Path | None) -> Reply:
    """Forget all trials but the fastest of each task.

    Failures are forgotten too, so that a later search may measure any of them again.
    """
    with changed(database) as store:
        removed = store.prune(keep)
        left = store.stats().trials
    return Reply({"removed": removed, "left": left}, f"{removed} trials removed, {left} left")
