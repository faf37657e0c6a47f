"""Translates errors of SQLite into `DatabaseError`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autosched.errors import DatabaseError


@contextmanager
def translated_errors(path: Path, timeout_s: float) -> Iterator[None]:
    """Raise `DatabaseError` for errors that any file may cause; others are bugs and pass."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            # A signal ended the query; SQLite has one error code for all signals.
            raise KeyboardInterrupt from None
        translated = _translated(error, path, timeout_s)
        if translated is None:
            raise
        raise translated from error


def _translated(error: sqlite3.DatabaseError, path: Path, timeout_s: float) -> DatabaseError | None:
    # The low byte is SQLite's primary result code.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return DatabaseError(
                f"expected a tuning database, got another kind of file: {path}",
                hint="name a file that autosched created, or one that does not exist yet",
            )
        case sqlite3.SQLITE_CORRUPT:
            return DatabaseError(
                f"expected an intact tuning database, got a damaged file: {path} ({error})",
                hint="`autosched db export` writes the readable records; "
                "import them into a new file",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DatabaseError(
                f"expected {path} to be free within {timeout_s:g} s, "
                "got a file that another process keeps locked",
                hint="end the process that holds the lock, then run this again; nothing was lost",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return read_only(path)
        case sqlite3.SQLITE_CANTOPEN:
            return DatabaseError(
                f"expected a database file that can be opened, got {path}",
                hint="check that its directory exists and is writable",
            )
        case sqlite3.SQLITE_TOOBIG:
            return DatabaseError(f"expected cells no larger than a trial has, got more in {path}")
        case sqlite3.SQLITE_FULL:
            return DatabaseError(
                f"expected free space on the disk of {path}, got a full disk",
                hint="SQLite writes temporary files too; TMPDIR says where",
            )
        case sqlite3.SQLITE_IOERR:
            return DatabaseError(f"expected to read and write {path}, got an I/O error: {error}")
        case _:
            return None


def read_only(path: Path) -> DatabaseError:
    """Return the error for writing to a database that is open for reading only."""
    return DatabaseError(
        f"expected a tuning database that can be written, got a read-only one: {path}",
        hint="name another file with --db or AUTOSCHED_DB, or copy this one to a writable place",
    )
