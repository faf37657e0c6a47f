"""Opens the file of a tuning database: for writing where that is possible, else for reading."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs.failures import read_only as read_only_error
from autosched.tuning_logs.failures import sentences
from autosched.tuning_logs.migrations import MIGRATIONS, schema, version
from autosched.tuning_logs.schema import (
    applied_steps,
    check_may_run,
    is_empty,
    stand_in,
    table_problems,
)

LONGEST_CELL_BYTES = 1 << 23
"""No trace or workload comes near it, and a file that claims more cannot take all memory."""

_STEPS_BETWEEN_CALLS = 100_000
"""Of SQLite's machine, about a millisecond: how long a signal waits for a query."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open database of the current schema; `read_only` says whether writing will fail.

    `problems` has a sentence for each table that cannot be read, by its name.
    """

    db: Database
    read_only: bool
    problems: dict[str, str] = field(default_factory=dict)


def connect(
    path: Path, *, read_only: bool = False, salvage: bool = False, timeout_s: float
) -> Connection:
    """Open the database at `path`, making or migrating it where it may be written.

    A file or directory that this user may not write to is opened for reading. With `salvage`
    a file is opened for reading that lacks tables or has others in their place. Raises
    `DatabaseError` where there is nothing to read, where the file is something else, and
    where it was made by a later version.
    """
    _check_path(path)
    with sentences(path, timeout_s):
        if read_only or salvage or (path.exists() and not _may_write(path)):
            return _open_to_read(path, salvage, timeout_s)
        return Connection(_open_to_write(path, timeout_s), read_only=False)


def _read_only_uri(path: Path) -> str:
    """The URI under which SQLite opens the file without writing to it.

    Beside a write-ahead log SQLite needs to make a file of shared memory. Where the directory
    refuses that, nobody else writes either, and the file can be read as immutable.
    """
    has_log = any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-shm"))
    immutable = not has_log and not os.access(path.parent, os.W_OK)
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}"


def _check_path(path: Path) -> None:
    if path.is_dir():
        raise DatabaseError(
            f"expected a database file, got a directory: {path}",
            hint=f"name a file in it, such as {path / 'tuning.db'}",
        )
    if path.exists() and not path.is_file():
        raise DatabaseError(f"expected a database file, got a device or a pipe: {path}")


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _open_to_read(path: Path, salvage: bool, timeout_s: float) -> Connection:
    if not path.exists():
        raise DatabaseError(
            f"expected a tuning database, got no file at {path}",
            hint="`autosched tune` makes one; --db or AUTOSCHED_DB name another",
        )
    db = _database(_read_only_uri(path), timeout_s)
    try:
        with _one_moment(db):
            steps = _checked_steps(db, path, salvage)
            problems = _checked_tables(db, path, steps, salvage)
        # An older file is read as it is: what later steps made is empty in it.
        stand_in(db, steps, problems)
    except BaseException:
        db.close()
        raise
    return Connection(db, True, problems)


def _open_to_write(path: Path, timeout_s: float) -> Database:
    _make_directory(path)
    db = _database(path.absolute().as_uri(), timeout_s)
    try:
        # A file that is not ours is refused before anything is written to it.
        with _one_moment(db):
            steps = _checked_steps(db, path)
            _checked_tables(db, path, steps)
            check_may_run(db)
        if len(steps) < version():
            _enable_wal(db, timeout_s)
            _migrate(db, path)
        stand_in(db, {*schema().steps}, {})
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


def _make_directory(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"expected a directory for the tuning database, got {path.parent}: {error.strerror}",
            hint="name another place with --db or AUTOSCHED_DB",
        ) from error
    if not path.exists() and not os.access(path.parent, os.W_OK):
        raise read_only_error(path)


def _database(uri: str, timeout_s: float) -> Database:
    # Transactions are begun by hand, and the store's own lock orders the threads.
    connection = sqlite3.connect(
        uri, uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False
    )
    try:
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL_BYTES)
        # Python looks for signals when it is called, and SQLite then ends what it is at.
        connection.set_progress_handler(lambda: 0, _STEPS_BETWEEN_CALLS)
        return Database(connection, execute_plugins=False)
    except BaseException:
        connection.close()
        raise


def _text(content: bytes) -> str | bytes:
    """A cell of text; bytes where it is in no encoding that we read."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def _enable_wal(db: Database, timeout_s: float) -> None:
    # SQLite does not wait for other processes when it changes the journal mode.
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            db.enable_wal()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _migrate(db: Database, path: Path) -> None:
    # One transaction around all steps: of two processes that open a new file, one waits here
    # and then finds nothing left to do.
    db.execute("BEGIN IMMEDIATE")
    try:
        if len(_checked_steps(db, path)) < version():
            MIGRATIONS.apply(db)
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        db.rollback()
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise DatabaseError(
            f"expected a tuning database that can be brought up to date, got {path}: {error}",
            hint="export the records with `autosched db export`, and import them anew",
        ) from error
    except BaseException:
        db.rollback()
        raise


@contextmanager
def _one_moment(db: Database) -> Iterator[None]:
    """Read the file as it is at one moment, whoever makes or migrates it meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


def _checked_steps(db: Database, path: Path, salvage: bool = False) -> set[str]:
    """The steps that made the file; raises where it is not ours or is from a later version."""
    steps = applied_steps(db)
    known = schema().steps
    if later := steps - {*known}:
        raise DatabaseError(
            f"expected a tuning database of schema version {version()} or older, "
            f"got a later one ({', '.join(sorted(later))}): {path}",
            hint="install a newer autosched",
        )
    if steps != {*known[: len(steps)]} or not (steps or is_empty(db)):
        if salvage and len(table_problems(db, {*known})) < len(schema().tables):
            return {*known}
        raise DatabaseError(
            f"expected a tuning database, got an SQLite file made by something else: {path}",
            hint="name a file that autosched made, or one that does not exist yet",
        )
    return steps


def _checked_tables(
    db: Database, path: Path, steps: set[str], salvage: bool = False
) -> dict[str, str]:
    problems = table_problems(db, steps)
    if applied_steps(db) != steps:
        problems[MIGRATIONS.migrations_table] = "expected the list of steps that made it, got none"
    if problems and not salvage:
        raise DatabaseError(
            f"{'; '.join(problems.values())}: {path}",
            hint="export what can be read with `autosched db export`, and import it anew",
        )
    return problems
