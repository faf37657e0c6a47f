"""Runs one SELECT that somebody typed, and nothing that is not one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from autosched.errors import DatabaseError
from autosched.tuning_logs.connection import read_only_uri
from autosched.tuning_logs.summary import QueryResult

_HINT = "for example: SELECT workload, params, time_ns FROM best"
_ALLOWED = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}


def select(path: Path, sql: str, parameters: Sequence[object], timeout_s: float) -> QueryResult:
    """The rows of one SELECT, over a connection of its own that can only read.

    Raises `DatabaseError` with what SQLite found wrong.
    """
    connection = sqlite3.connect(read_only_uri(path), uri=True, timeout=timeout_s)
    with closing(connection):
        # The file is opened for reading; this keeps a query from attaching another one.
        connection.set_authorizer(_allow)
        try:
            cursor = connection.execute(sql, tuple(parameters))
            if cursor.description is None:
                raise _wrong("got a statement that gives no rows")
            return QueryResult(tuple(column[0] for column in cursor.description), cursor.fetchall())
        except (sqlite3.ProgrammingError, sqlite3.Warning) as error:
            raise _wrong(f"got {error}") from error
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH):
                raise
            raise _wrong(f"got {error}") from error


def _allow(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _wrong(found: str) -> DatabaseError:
    return DatabaseError(f"expected one SELECT statement, {found}", hint=_HINT)
