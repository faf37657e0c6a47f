"""Reads rows that somebody else may have written; broken ones are passed over and counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs.unreadable import Unreadable

Record = TypeVar("Record")
Convert = Callable[[tuple[Any, ...]], Record]

_PAGE_ROWS, _PAGE_BYTES = 500, 1 << 24
_FIRST_ID = -(2**63)
_GAP = 1000
"""So many row numbers in a row without a row are taken for the end of a damaged table."""


@dataclass(frozen=True)
class Table:
    """Where rows are read: a table or a view, the column of its row number, and the others."""

    name: str
    source: str
    number: str
    columns: str

    def select(self, clauses: str) -> str:
        return f"SELECT {self.number}, {self.columns} FROM {self.source} {clauses}"


@dataclass(frozen=True)
class RowReader:
    """Reads records from a database that `reading` gives, one thread at a time.

    With `salvage`, what SQLite cannot read is passed over too.
    """

    reading: Callable[[], AbstractContextManager[Database]]
    unreadable: Unreadable
    salvage: bool

    def every(
        self,
        table: Table,
        convert: Convert[Record],
        condition: str = "",
        values: Sequence[Any] = (),
    ) -> Iterator[Record]:
        """All records that fulfil the condition, oldest first."""
        last = _FIRST_ID
        # Page by page, so that no reader keeps the log from being written back.
        while page := self._page(table, condition, values, last):
            for row in page:
                yield from self._converted(table, row, convert)
            last = page[-1][0]

    def first(
        self,
        table: Table,
        convert: Convert[Record],
        clauses: str,
        values: Sequence[Any],
        count: int,
    ) -> list[Record]:
        """The first `count` records of what the clauses give."""
        found: list[Record] = []
        with self.reading() as db:
            rows = db.execute(table.select(clauses), values)
            while len(found) < count and (row := rows.fetchone()) is not None:
                found += self._converted(table, row, convert)
        return found

    def _converted(
        self, table: Table, row: tuple[Any, ...], convert: Convert[Record]
    ) -> Iterator[Record]:
        try:
            record = convert(row[1:])
        except DatabaseError as error:
            self.unreadable.add(table.name, row[0], error.message)
            return
        yield record

    def _page(
        self, table: Table, condition: str, values: Sequence[Any], last: int
    ) -> list[tuple[Any, ...]]:
        clauses = f"WHERE {table.number} > ? {condition} ORDER BY {table.number} LIMIT {_PAGE_ROWS}"
        with self.reading() as db:
            try:
                return _fetched(db, table.select(clauses), (last, *values))
            except sqlite3.DatabaseError:
                if not self.salvage:
                    raise
                return self._single(db, table, max(last + 1, 0))

    def _single(self, db: Database, table: Table, start: int) -> list[tuple[Any, ...]]:
        """The next row that can be looked up by its number, in a list."""
        sql = table.select(f"WHERE {table.number} = ?")
        for number in range(start, start + _GAP):
            try:
                if row := db.execute(sql, (number,)).fetchone():
                    return [row]
            except sqlite3.DatabaseError as error:
                self.unreadable.add(table.name, number, str(error))
        return []


def _fetched(db: Database, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows, but no more than fit into a page's memory."""
    rows, size = [], 0
    for row in db.execute(sql, values):
        rows.append(row)
        size += sum(len(cell) for cell in row if isinstance(cell, (str, bytes)))
        if size > _PAGE_BYTES:
            break
    return rows
