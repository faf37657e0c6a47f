"""`autosched db merge`: another database into this one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosched.cli.options import database_options, database_path, opened, salvaged
from autosched.cli.reply import DONE, FAILED, Reply
from autosched.errors import DatabaseError

if TYPE_CHECKING:
    from autosched.tuning_logs import Copied


@click.command("merge")
@click.argument("other", type=click.Path(path_type=Path))
@database_options
def command(other: Path, database: Path | None) -> Reply:
    """Add all that the database OTHER holds; OTHER itself stays as it is.

    A trial whose schedule does not apply to its workload is refused; then the status is 1.
    """
    from autosched.search.applying import Replayer
    from autosched.tuning_logs import copy_records

    into = database_path(database)
    if into.exists() and other.exists() and into.samefile(other):
        raise DatabaseError(f"expected another database to merge, got {other} itself")
    with salvaged(other) as source, opened(into, read_only=False) as store:
        copied = copy_records(source, store, Replayer().why_not)
    return copied_reply({"from": str(other)}, copied)


def copied_reply(source: dict[str, str], copied: Copied) -> Reply:
    """Return the report of what was copied and refused."""
    text = f"{copied.added} trials added, {copied.known} known already"
    if copied.refused:
        text += f", {copied.refused} refused, since they do not apply: {copied.reason}"
    return Reply({**source, **asdict(copied)}, text, FAILED if copied.refused else DONE)
