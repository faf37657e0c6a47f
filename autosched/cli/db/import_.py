"""`autosched db import`: reads the lines that `autosched db export` wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click

from autosched.cli.db.merge import copied_reply
from autosched.cli.options import database_options, opened
from autosched.cli.reply import Reply
from autosched.errors import DatabaseError

LONGEST_LINE = 1 << 25
"""In characters; several times the longest line of a trial or a workload."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@database_options
def command(file: Path, database: Path | None) -> Reply:
    """Add what `autosched db export` wrote to FILE; trials that are known already stay.

    A trial whose schedule does not apply to its workload is refused; then the status is 1.
    """
    from autosched.search.applying import Replayer
    from autosched.tuning_logs import import_lines

    try:
        with file.open(encoding="utf-8") as lines, opened(database, read_only=False) as store:
            copied = import_lines(_bounded(lines), store, Replayer().why_not)
    except OSError as error:
        said = f"got {file}: {error.strerror or error}"
        raise DatabaseError(f"expected a file of JSON lines, {said}") from error
    except UnicodeDecodeError as error:
        raise DatabaseError(f"expected a file of JSON lines, got {error}") from error
    return copied_reply({"file": str(file)}, copied)


def _bounded(file: TextIO) -> Iterator[str]:
    """Yield the lines of the file. Raises DatabaseError for one of `LONGEST_LINE` or more."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise DatabaseError(f"expected lines of less than {LONGEST_LINE >> 20} MB, got more")
        yield line
