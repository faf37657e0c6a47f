"""Opens the file of a tuning database: for writing if possible, otherwise for reading."""

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
from autosched.tuning_logs.failures import translated_errors
from autosched.tuning_logs.migrations import MIGRATIONS, schema, version
from autosched.tuning_logs.schema import (
    applied_steps,
    check_no_triggers,
    create_temporary,
    is_empty,
    table_problems,
)

MAX_CELL_BYTES = 1 << 23
"""Far above any trace or workload; a cell of a damaged file cannot fill the memory."""

_INSTRUCTIONS_BETWEEN_CALLS = 100_000
"""Instructions of SQLite's virtual machine, about 1 ms: the delay of a signal in a query."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open database of the current schema, which cannot be written if it is `read_only`.

    `problems` maps the name of each unreadable table to a sentence.
    """

    db: Database
    read_only: bool
    problems: dict[str, str] = field(default_factory=dict)


def connect(
    path: Path, *, read_only: bool = False, salvage: bool = False, timeout_s: float
) -> Connection:
    """Open the database at `path`, and create or migrate it if it may be written.

    A file or directory that this user may not write to is opened for reading. `salvage` opens
    a file for reading even if tables are missing or are different ones. Raises `DatabaseError`
    if there is no file to read, if it is not a tuning database, or if a later version of
    autosched created it.
    """
    _check_path(path)
    with translated_errors(path, timeout_s):
        if read_only or salvage or (path.exists() and not _may_write(path)):
            return _open_to_read(path, salvage, timeout_s)
        return Connection(_open_to_write(path, timeout_s), read_only=False)


def _read_only_uri(path: Path) -> str:
    """Return the URI by which SQLite opens the file for reading.

    With a write-ahead log SQLite must create a file for shared memory. If the directory cannot
    be written, no other process writes either, and the file can be opened as immutable.
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
            hint="`autosched tune` creates one; --db or AUTOSCHED_DB name another",
        )
    db = _database(_read_only_uri(path), timeout_s)
    try:
        with _snapshot(db):
            steps = _checked_steps(db, path, salvage)
            problems = _checked_tables(db, path, steps, salvage)
        # An older file is not migrated: tables of later migrations are empty.
        create_temporary(db, steps, problems)
    except BaseException:
        db.close()
        raise
    return Connection(db, True, problems)


def _open_to_write(path: Path, timeout_s: float) -> Database:
    _make_directory(path)
    db = _database(path.absolute().as_uri(), timeout_s)
    try:
        # A file of another program is refused before anything is written to it.
        with _snapshot(db):
            steps = _checked_steps(db, path)
            _checked_tables(db, path, steps)
            check_no_triggers(db)
        if len(steps) < version():
            _enable_wal(db, timeout_s)
            _migrate(db, path)
        create_temporary(db, {*schema().steps}, {})
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
            hint="name another file with --db or AUTOSCHED_DB",
        ) from error
    if not path.exists() and not os.access(path.parent, os.W_OK):
        raise read_only_error(path)


def _database(uri: str, timeout_s: float) -> Database:
    # The store begins transactions itself, and its lock serializes the threads.
    connection = sqlite3.connect(
        uri, uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False
    )
    try:
        connection.text_factory = _text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES)
        # Python handles signals during the call; SQLite ends the query if it raises.
        connection.set_progress_handler(lambda: 0, _INSTRUCTIONS_BETWEEN_CALLS)
        return Database(connection, execute_plugins=False)
    except BaseException:
        connection.close()
        raise


def _text(content: bytes) -> str | bytes:
    """Decode a cell of text; return the bytes if they are not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content


def _enable_wal(db: Database, timeout_s: float) -> None:
    # SQLite does not wait for other processes to change the journal mode.
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
    # One transaction around all migrations: if two processes open a new file, one waits here
    # and then finds all migrations applied.
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
            f"expected a tuning database that can be migrated, got {path}: {error}",
            hint="export the records with `autosched db export` and import them into a new file",
        ) from error
    except BaseException:
        db.rollback()
        raise


@contextmanager
def _snapshot(db: Database) -> Iterator[None]:
    """Read one state of the file, even if another process migrates it meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


def _checked_steps(db: Database, path: Path, salvage: bool = False) -> set[str]:
    """Return the names of the migrations that were applied to the file.

    Raises `DatabaseError` if it is not a tuning database or is of a later version.
    """
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
            f"expected a tuning database, got an SQLite file of another program: {path}",
            hint="name a file that autosched created, or one that does not exist yet",
        )
    return steps


def _checked_tables(
    db: Database, path: Path, steps: set[str], salvage: bool = False
) -> dict[str, str]:
    problems = table_problems(db, steps)
    if applied_steps(db) != steps:
        problems[MIGRATIONS.migrations_table] = "expected the list of applied migrations, got none"
    if problems and not salvage:
        raise DatabaseError(
            f"{'; '.join(problems.values())}: {path}",
            hint="`autosched db export` writes the readable records; import them into a new file",
        )
    return problems
