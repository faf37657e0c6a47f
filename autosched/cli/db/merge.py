"""`autosched db merge`: another database into this one."""

from __future__ import annotations

from pathlib import Path

import click

from autosched.cli.options import database_option, database_path, json_option, opened
from autosched.cli.reply import Reply
from autosched.errors import DatabaseError


@click.command("merge")
@click.argument("other", type=click.Path(path_type=Path))
@database_option
@json_option
def command(other: Path, database: Path | None) -> Reply:
    """Add all that the database OTHER holds; OTHER itself stays as it is."""
    from autosched.tuning_logs import copy_records

    into = database_path(database)
    if into.exists() and other.exists() and into.samefile(other):
        raise DatabaseError(f"expected another database to merge, got {other} itself")
    with opened(other) as source, opened(into, read_only=False) as store:
        copied = copy_records(source, store)
    return Reply(
        {"from": str(other), "added": copied.added, "known": copied.known},
        f"{copied.added} trials added, {copied.known} known already",
    )
