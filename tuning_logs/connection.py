"""Opens the file of a tuning database: for writing where that is possible, else for reading."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs.failures import read_only as read_only_error
from autosched.tuning_logs.failures import sentences
from autosched.tuning_logs.migrations import MIGRATIONS, step_names, version


@dataclass(frozen=True, slots=True)
class Connection:
    """An open database of the current schema; `read_only` says whether writing will fail."""

    db: Database
    read_only: bool


def connect(path: Path, *, read_only: bool, timeout_s: float) -> Connection:
    """Open the database at `path`, making or migrating it where it may be written.

    A file or directory that this user may not write to is opened for reading. Raises
    `DatabaseError` where there is nothing to read, where the file is something else, and
    where it was made by a later version.
    """
    _check_path(path)
    with sentences(path, timeout_s):
        if read_only or (path.exists() and not _may_write(path)):
            return Connection(_open_to_read(path, timeout_s), read_only=True)
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


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _open_to_read(path: Path, timeout_s: float) -> Database:
    if not path.exists():
        raise DatabaseError(
            f"expected a tuning database, got no file at {path}",
            hint="`autosched tune` makes one; --db or AUTOSCHED_DB name another",
        )
    db = _database(_read_only_uri(path), timeout_s)
    try:
        if _pending(db, path):
            return _migrated_copy(db)
    except BaseException:
        db.close()
        raise
    return db


def _open_to_write(path: Path, timeout_s: float) -> Database:
    _make_directory(path)
    db = _database(path.absolute().as_uri(), timeout_s)
    try:
        # A file that is not ours is refused before anything is written to it.
        if _pending(db, path):
            _enable_wal(db, timeout_s)
            _migrate(db, path)
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
        return Database(connection, execute_plugins=False)
    except BaseException:
        connection.close()
        raise


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
        if _pending(db, path):
            MIGRATIONS.apply(db)
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def _migrated_copy(db: Database) -> Database:
    # An old file that may not be written is read through a copy in memory.
    copy = _database("file::memory:", 0)
    db.conn.backup(copy.conn)
    db.close()
    MIGRATIONS.apply(copy)
    return copy


def _pending(db: Database, path: Path) -> bool:
    """Whether steps are missing; raises where the file is not ours or is from a later version."""
    applied = {step.name for step in MIGRATIONS.applied(db)}
    if not applied and set(db.table_names()) - {MIGRATIONS.migrations_table}:
        raise DatabaseError(
            f"expected a tuning database, got an SQLite file made by something else: {path}",
            hint="name a file that autosched made, or one that does not exist yet",
        )
    if later := applied - set(step_names()):
        raise DatabaseError(
            f"expected a tuning database of schema version {version()} or older, "
            f"got a later one ({', '.join(sorted(later))}): {path}",
            hint="install a newer autosched",
        )
    return bool(MIGRATIONS.pending(db))
