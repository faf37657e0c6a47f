"""`autosched db export`: everything as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from autosched.cli.options import database_option, json_option, opened
from autosched.cli.reply import Reply
from autosched.errors import DatabaseError


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@database_option
@json_option
def command(file: Path, database: Path | None) -> Reply:
    """Write everything to FILE as lines of JSON, for another database to import.

    FILE may be /dev/stdout.
    """
    from autosched.tuning_logs import export_lines

    with opened(database) as store:
        try:
            count = _write(file, export_lines(store))
        except OSError as error:
            raise DatabaseError(f"expected a file to write to, got {error}") from error
    click.echo(f"{count} records written to {file}", err=True)
    return Reply({"file": str(file), "records": count}, "")


def _write(path: Path, lines: Iterable[str]) -> int:
    """Write the lines; how many follow the first, which names the format."""
    count = -1
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(line + "\n")
            count += 1
    return count
