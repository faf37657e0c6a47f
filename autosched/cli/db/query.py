"""`autosched db query`: any SELECT."""

from __future__ import annotations

from pathlib import Path

import click

from autosched.cli.options import database_options, opened
from autosched.cli.reply import Reply
from autosched.text import table


@click.command("query", context_settings={"ignore_unknown_options": True})
@click.argument("sql")
@click.argument("values", nargs=-1)
@database_options
def command(sql: str, values: tuple[str, ...], database: Path | None) -> Reply:
    """Print the rows of one SELECT; VALUES stand for the ? in it.

    The tables are workloads, targets, sessions and trials, the view best has the fastest
    trial of each task. Nothing but reading is let through.
    """
    with opened(database) as store:
        found = store.query(sql, values)
    document = {
        "columns": found.columns,
        "rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
    }
    return Reply(document, table(found.columns, found.rows))
