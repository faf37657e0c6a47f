"""Runs one SELECT that somebody typed, and nothing that is not one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from autosched.errors import DatabaseError
from autosched.tuning_logs.summary import QueryResult

_HINT = "for example: SELECT workload, params, time_ns FROM best"
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


def select(connection: sqlite3.Connection, sql: str, parameters: Sequence[object]) -> QueryResult:
    """The rows of one SELECT; nothing else is let through, whatever the connection may do.

    Raises `DatabaseError` with what SQLite found wrong.
    """
    with _only_reading(connection):
        try:
            cursor = connection.execute(sql, tuple(parameters))
        except (sqlite3.ProgrammingError, sqlite3.Warning) as error:
            raise _wrong(f"got {error}") from error
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH):
                raise
            raise _wrong(f"got {error}") from error
        if cursor.description is None:
            raise _wrong("got a statement that gives no rows")
        return QueryResult(tuple(column[0] for column in cursor.description), cursor.fetchall())


@contextmanager
def _only_reading(connection: sqlite3.Connection) -> Iterator[None]:
    # Two locks: the first refuses a statement when it is parsed, the second when it runs.
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(_allow)
    try:
        yield
    finally:
        connection.set_authorizer(None)
        connection.execute("PRAGMA query_only = OFF")


def _allow(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _wrong(found: str) -> DatabaseError:
    return DatabaseError(f"expected one SELECT statement, {found}", hint=_HINT)
