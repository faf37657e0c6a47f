"""`autosched db export`: everything as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autosched.cli.options import database_option, salvaged
from autosched.cli.reply import DONE, FAILED, Reply
from autosched.errors import DatabaseError
from autosched.files import replacing

if TYPE_CHECKING:
    from autosched.tuning_logs.sqlite_store import SqliteStore

SQLITE_MAGIC = b"SQLite format 3\0"
"""The first bytes of every database file."""


@click.command("export")
@click.argument("file")
@database_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, and no more.")
def command(file: str, database: Path | None, as_json: bool) -> Reply:
    """Write everything to FILE, or to standard output where that is -, as lines of JSON.

    `autosched db import` reads them into another database. Of a broken database what can be
    read is written; then the status is 1.
    """
    from autosched.tuning_logs import export_lines

    if file == "-" and as_json:
        raise click.UsageError("expected a FILE to export to with --json, got -")
    with salvaged(database) as store:
        if file == "-":
            text = "\n".join(export_lines(store))
            return Reply(None, text, FAILED if _left_out(store) else DONE)
        try:
            _check_place(Path(file))
            count = _write(Path(file), export_lines(store))
        except OSError as error:
            said = f"got {file}: {error.strerror or error}"
            raise DatabaseError(f"expected a file to write to, {said}") from error
        left_out = _left_out(store)
    document = {"file": file, "records": count, "left_out": left_out}
    return Reply(document, f"{count} records written to {file}", FAILED if left_out else DONE)


def _left_out(store: SqliteStore) -> list[str]:
    """Return a sentence for each record that could not be exported, and print them."""
    for problem in store.table_problems:
        click.echo(f"autosched: {problem}", err=True)
    return [*store.table_problems, *store.unreadable.sentences]


def _check_place(path: Path) -> None:
    """Raise `DatabaseError` if the lines would replace a database."""
    if path.is_file():
        with path.open("rb") as file:
            is_database = file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
        if is_database:
            raise DatabaseError(
                f"expected a file for lines of JSON, got a database: {path}",
                hint="name another file, or remove this one before",
            )


def _write(path: Path, lines: Iterable[str]) -> int:
    """Write the lines; return how many follow the first, which names the format."""
    count = -1
    with replacing(path) as file:
        for line in lines:
            file.write(line + "\n")
            count += 1
    return count
