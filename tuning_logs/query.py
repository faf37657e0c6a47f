"""Runs one SELECT that somebody typed, and nothing that is not one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager

from autosched.errors import DatabaseError
from autosched.tuning_logs.summary import QueryResult

_HINT = "for example: SELECT workload, params, time_ns FROM best"
OURS = frozenset(("history", "best"))
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_OF_THE_QUERY = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_TOOBIG)

MOST_ROWS, MOST_BYTES = 1_000_000, 1 << 28


def select(
    connection: sqlite3.Connection,
    sql: str,
    parameters: Sequence[object],
    refused: Set[str] = frozenset(),
) -> QueryResult:
    """The rows of one SELECT; nothing else is let through, whatever the connection may do.

    Views with the names that are `refused` are not run. Raises `DatabaseError` with what SQLite
    found wrong, and for more rows than fit into memory.
    """
    with _only_reading(connection, refused):
        try:
            cursor = connection.execute(sql, tuple(parameters))
            if cursor.description is None:
                raise _wrong("got a statement that gives no rows")
            return QueryResult(tuple(column[0] for column in cursor.description), _fetched(cursor))
        except (sqlite3.ProgrammingError, sqlite3.Warning) as error:
            raise _wrong(f"got {error}") from error
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _OF_THE_QUERY:
                raise
            raise _wrong(f"got {error}") from error


def _fetched(cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
    rows, size = [], 0
    for row in cursor:
        rows.append(row)
        size += sum(len(cell) for cell in row if isinstance(cell, (str, bytes)))
        if len(rows) > MOST_ROWS or size > MOST_BYTES:
            raise DatabaseError(
                f"expected at most {MOST_ROWS} rows of {MOST_BYTES >> 20} MB together, got more",
                hint="ask for fewer, for example with LIMIT",
            )
    return rows


@contextmanager
def _only_reading(connection: sqlite3.Connection, refused: Set[str]) -> Iterator[None]:
    def allow(
        action: int, first: str | None, _: str | None, database: str | None, source: str | None
    ) -> int:
        # Our own views are temporary ones, which hide those of the file that have their names.
        is_foreign = source in refused - OURS or (database == "main" and first in refused)
        is_reading = action in _ALLOWED
        return sqlite3.SQLITE_OK if is_reading and not is_foreign else sqlite3.SQLITE_DENY

    # Two locks: the first refuses a statement when it is parsed, the second when it runs.
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(allow)
    try:
        yield
    finally:
        connection.set_authorizer(None)
        connection.execute("PRAGMA query_only = OFF")


def _wrong(found: str) -> DatabaseError:
    return DatabaseError(f"expected one SELECT statement, {found}", hint=_HINT)
