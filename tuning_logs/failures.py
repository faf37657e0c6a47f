"""Turns what SQLite says into sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autosched.errors import DatabaseError


@contextmanager
def sentences(path: Path, timeout_s: float) -> Iterator[None]:
    """Raise `DatabaseError` for what may happen to any file; all else is a bug and passes."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            # A signal came while SQLite was at work, which has only one word for all of them.
            raise KeyboardInterrupt from None
        found = _sentence(error, path, timeout_s)
        if found is None:
            raise
        raise found from error


def _sentence(error: sqlite3.DatabaseError, path: Path, timeout_s: float) -> DatabaseError | None:
    # The low byte is the primary result code; the rest refines it.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return DatabaseError(
                f"expected a tuning database, got another kind of file: {path}",
                hint="name a file that autosched made, or one that does not exist yet",
            )
        case sqlite3.SQLITE_CORRUPT:
            return DatabaseError(
                f"expected an intact tuning database, got a damaged file: {path} ({error})",
                hint="export what can be read with `autosched db export`, and import it anew",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DatabaseError(
                f"expected {path} to be free within {timeout_s:g} s, "
                "got one that another process keeps locked",
                hint="end the process that holds it, then run this again; nothing was lost",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return read_only(path)
        case sqlite3.SQLITE_CANTOPEN:
            return DatabaseError(
                f"expected a database file that can be opened, got {path}",
                hint="check that its directory exists and may be written to",
            )
        case sqlite3.SQLITE_TOOBIG:
            return DatabaseError(f"expected cells of a size that a trial has, got more in {path}")
        case sqlite3.SQLITE_FULL:
            return DatabaseError(f"expected room on the disk of {path}, got a full one")
        case sqlite3.SQLITE_IOERR:
            return DatabaseError(f"expected to read and write {path}, got an I/O error: {error}")
        case _:
            return None


def read_only(path: Path) -> DatabaseError:
    """The error for writing to a database that is open for reading only."""
    return DatabaseError(
        f"expected a tuning database that can be written, got a read-only one: {path}",
        hint="name another with --db or AUTOSCHED_DB, or copy this one to where you may write",
    )
