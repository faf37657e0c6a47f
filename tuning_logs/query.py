"""Runs one SELECT of a user, and refuses any other statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager

from autosched.errors import DatabaseError
from autosched.tuning_logs.summary import QueryResult

_HINT = "for example: SELECT workload, params, time_ns FROM best"
_OUR_VIEWS = frozenset(("history", "best"))
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_QUERY_ERRORS = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_TOOBIG)

MAX_ROWS, MAX_BYTES = 1_000_000, 1 << 28


def select(
    connection: sqlite3.Connection,
    sql: str,
    parameters: Sequence[object],
    refused: Set[str] = frozenset(),
) -> QueryResult:
    """Return the rows of one SELECT, without running views whose names are in `refused`.

    Raises `DatabaseError` for any other statement, for one that SQLite refuses, and for more
    than `MAX_ROWS` rows or `MAX_BYTES` bytes.
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
            if error.sqlite_errorcode & 0xFF not in _QUERY_ERRORS:
                raise
            is_denied = str(error) == "not authorized"
            found = "one that does more than read the tables" if is_denied else error
            raise _wrong(f"got {found}") from error


def _fetched(cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
    rows, size = [], 0
    for row in cursor:
        rows.append(row)
        size += sum(len(cell) for cell in row if isinstance(cell, (str, bytes)))
        if len(rows) > MAX_ROWS or size > MAX_BYTES:
            raise DatabaseError(
                f"expected at most {MAX_ROWS} rows of {MAX_BYTES >> 20} MB together, got more",
                hint="ask for fewer rows, for example with LIMIT",
            )
    return rows


@contextmanager
def _only_reading(connection: sqlite3.Connection, refused: Set[str]) -> Iterator[None]:
    def allow(
        action: int, first: str | None, _: str | None, database: str | None, source: str | None
    ) -> int:
        # Our views are temporary and hide the file's views of the same names.
        is_foreign = source in refused - _OUR_VIEWS or (database == "main" and first in refused)
        is_reading = action in _ALLOWED
        return sqlite3.SQLITE_OK if is_reading and not is_foreign else sqlite3.SQLITE_DENY

    # The authorizer refuses a statement when it is parsed, query_only when it runs.
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(allow)
    try:
        yield
    finally:
        connection.set_authorizer(None)
        connection.execute("PRAGMA query_only = OFF")


def _wrong(found: str) -> DatabaseError:
    return DatabaseError(f"expected one SELECT statement, {found}", hint=_HINT)
