"""Reads records from a file that other programs may have written; skips unreadable rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs.summary import Unreadable

Record = TypeVar("Record")
Convert = Callable[[tuple[Any, ...]], Record]

_PAGE = 64
_FIRST_NUMBER = -(2**63)
_GAP = 1000
"""A damaged table ends where so many consecutive row numbers have no row."""


@dataclass(frozen=True)
class Table:
    """A source of records: a table or view, its column of row numbers, and its other columns."""

    name: str
    source: str
    number: str
    columns: str

    def numbers(self, clauses: str) -> str:
        return f"SELECT {self.number} FROM {self.source} {clauses}"

    def rows(self, clauses: str) -> str:
        return f"SELECT {self.number}, {self.columns} FROM {self.source} {clauses}"


@dataclass(frozen=True)
class RowReader:
    """Reads records from the database of the context `reading`, one thread at a time.

    `salvage` also skips rows that SQLite itself cannot read.
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
        """Yield all records that fulfil the condition, oldest first.

        It reads 64 rows at a time, so that no reader delays a checkpoint of the log.
        """
        with self.reading() as db:
            numbers = self._numbers(db, table, condition, values)
        for start in range(0, len(numbers), _PAGE):
            with self.reading() as db:
                rows = self._looked_up(db, table, numbers[start : start + _PAGE])
            yield from self._converted(table, rows, convert)

    def first(
        self,
        table: Table,
        convert: Convert[Record],
        clauses: str,
        values: Sequence[Any],
        count: int,
    ) -> list[Record]:
        """Return the first `count` records that the clauses select, in their order."""
        found: list[Record] = []
        with self.reading() as db:
            cursor = db.execute(table.numbers(clauses), values)
            while len(found) < count and (page := cursor.fetchmany(min(count, _PAGE))):
                rows = self._looked_up(db, table, [number for (number,) in page])
                found += self._converted(table, rows, convert)
        return found[: max(count, 0)]

    def _converted(
        self, table: Table, rows: Sequence[tuple[Any, ...]], convert: Convert[Record]
    ) -> Iterator[Record]:
        for number, *row in rows:
            try:
                record = convert(tuple(row))
            except DatabaseError as error:
                self.unreadable.add(table.name, number, error.message)
            else:
                yield record

    def _numbers(
        self, db: Database, table: Table, condition: str, values: Sequence[Any]
    ) -> list[int]:
        """Return the row numbers in rising order; those that can be found if it is damaged."""
        sql = table.numbers(f"WHERE {table.number} > ? {condition} ORDER BY {table.number}")
        numbers: list[int] = []
        last: int | None = _FIRST_NUMBER
        while last is not None:
            try:
                for (number,) in db.execute(sql, (last, *values)):
                    numbers.append(number)
                return numbers
            except sqlite3.DatabaseError as error:
                if not self._may_skip(error):
                    raise
                last = self._next_readable(db, table, numbers[-1] if numbers else 0)
                numbers += [] if last is None else [last]
        return numbers

    def _next_readable(self, db: Database, table: Table, last: int) -> int | None:
        """Return the number of the first readable row after row `last`."""
        for number in range(last + 1, last + _GAP):
            if self._looked_up(db, table, [number]):
                return number
        return None

    def _looked_up(
        self, db: Database, table: Table, numbers: Sequence[int]
    ) -> list[tuple[Any, ...]]:
        """Return the rows with these numbers, in this order, without those skipped."""
        marks = ", ".join("?" * len(numbers))
        sql = table.rows(f"WHERE {table.number} IN ({marks})")
        try:
            rows = {row[0]: row for row in db.execute(sql, numbers)}
        except sqlite3.DatabaseError as error:
            if not self._may_skip(error):
                raise
            if len(numbers) > 1:
                return [row for each in numbers for row in self._looked_up(db, table, [each])]
            self.unreadable.add(table.name, numbers[0], f"SQLite finds {error}")
            return []
        return [rows[number] for number in numbers if number in rows]

    def _may_skip(self, error: sqlite3.DatabaseError) -> bool:
        """Return whether the error concerns one row, not the file or a signal."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code == sqlite3.SQLITE_TOOBIG or (self.salvage and code == sqlite3.SQLITE_CORRUPT)
