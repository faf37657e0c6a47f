"""The reading methods of the store in an SQLite file."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from autosched.tuning_logs import rows
from autosched.tuning_logs.connection import connect
from autosched.tuning_logs.failures import translated_errors
from autosched.tuning_logs.process import ProcessGuard
from autosched.tuning_logs.query import select
from autosched.tuning_logs.reading import RowReader, Table
from autosched.tuning_logs.records import (
    LOST_SESSION,
    MAX_INTEGER,
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
)
from autosched.tuning_logs.schema import foreign_views
from autosched.tuning_logs.store import Store
from autosched.tuning_logs.summary import QueryResult, Stats, TaskSummary, Unreadable
from autosched.tuning_logs.verify import file_problems, first_problems, text_problems

logger = logging.getLogger("autosched")

BUSY_TIMEOUT_S = 60.0

_WORKLOADS = Table("workloads", "workloads", "id", rows.WORKLOAD_COLUMNS)
_TARGETS = Table("targets", "targets", "id", rows.TARGET_COLUMNS)
_SESSIONS = Table("sessions", "sessions", "number", rows.SESSION_COLUMNS)
TRIALS = Table("trials", "history", "trial", rows.TRIAL_COLUMNS)


class SqliteReader(Store):
    """The methods of `SqliteStore` that do not write."""

    def __init__(
        self,
        path: str | Path,
        *,
        read_only: bool = False,
        salvage: bool = False,
        timeout_s: float = BUSY_TIMEOUT_S,
    ):
        self.path = Path(path)
        self._timeout_s = timeout_s
        connection = connect(self.path, read_only=read_only, salvage=salvage, timeout_s=timeout_s)
        self._db = connection.db
        self.read_only = connection.read_only
        self.table_problems = [*connection.problems.values()]
        self.unreadable = Unreadable()
        self._salvage = salvage
        self._reader = RowReader(self._reading, self.unreadable, salvage)
        self._lock = threading.RLock()
        self._guard = ProcessGuard(f"the tuning database {self.path}")

    def close(self) -> None:
        with self._lock:
            if self._guard.closed:
                return
            # A forked child must not close the parent's connection: it would drop its locks.
            if self._guard.owned:
                self._db.close()
                for sentence in self.unreadable.sentences:
                    logger.warning("%s: %s", self.path, sentence)
            self._guard.close()

    def workload(self, key: str) -> WorkloadRecord | None:
        found = self._reader.first(_WORKLOADS, rows.workload_of, "WHERE key = ?", (key,), 1)
        return next(iter(found), None)

    def workloads(self) -> list[WorkloadRecord]:
        return list(self._reader.every(_WORKLOADS, rows.workload_of))

    def targets(self) -> list[TargetRecord]:
        return list(self._reader.every(_TARGETS, rows.target_of))

    def sessions(self) -> list[SessionRecord]:
        return list(self._reader.every(_SESSIONS, rows.session_of))

    def trials(
        self, workload: str | None = None, target: str | None = None, threads: int | None = None
    ) -> Iterator[TrialRecord]:
        condition, values = filtered(workload, target, threads)
        convert = _trial_of_any_session if self._salvage else rows.trial_of
        return self._reader.every(TRIALS, convert, condition, values)

    def measured(self, workload: str, target: str, threads: int | None = None) -> set[str]:
        condition, values = filtered(workload, target, threads)
        with self._reading() as db:
            found = db.execute(f"SELECT trace_key FROM history WHERE 1 {condition}", values)
            return {key for (key,) in found if isinstance(key, str)}

    def top(
        self, workload: str, target: str, count: int, threads: int | None = None
    ) -> list[TrialRecord]:
        condition, values = filtered(workload, target, threads)
        clauses = f"WHERE outcome = 'ok' {condition} ORDER BY time_ns, trial"
        return self._reader.first(TRIALS, rows.trial_of, clauses, values, count)

    def settled(self, workload: str, target: str, threads: int) -> list[TrialRecord]:
        condition, values = filtered(workload, target, threads)
        clauses = f"WHERE network_ns NOT NULL {condition} ORDER BY network_ns, trial"
        return self._reader.first(TRIALS, rows.trial_of, clauses, values, MAX_INTEGER)

    def tasks(self) -> list[TaskSummary]:
        known = {workload.key: workload for workload in self.workloads()}
        with self._reading() as db:
            found = db.execute(
                "SELECT workload_key, target, threads, count(*), sum(outcome != 'ok') "
                "FROM history GROUP BY workload_key, target, threads ORDER BY min(trial)"
            ).fetchall()
        return [
            TaskSummary(
                known[key], target, threads, trials, failures, best.time_ns if best else None
            )
            for key, target, threads, trials, failures in found
            if key in known and isinstance(target, str) and isinstance(threads, int)
            for best in [self.best(key, target, threads)]
        ]

    def stats(self) -> Stats:
        with self._reading() as db:
            counts = {
                table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("workloads", "targets", "sessions", "trials")
            }
            return Stats(
                **counts,
                by_outcome=_counted(db, "outcome"),
                by_workload=_counted(db, "workload_key"),
                size_bytes=self._size_bytes(),
            )

    def query(self, sql: str, parameters: Sequence[object] = ()) -> QueryResult:
        """Return the rows of one SELECT over the tables and the views `history` and `best`.

        Raises `DatabaseError` for invalid SQL, for a statement that writes or reads a view of
        another program, and for more than 1,000,000 rows or 256 MB.
        """
        with self._reading() as db:
            return select(db.conn, sql, parameters, foreign_views(db))

    def verify(self) -> list[str]:
        return first_problems(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from self.table_problems
        with self._reading() as db:
            yield from file_problems(db)
            for name in foreign_views(db):
                yield f"expected no view {name!r} of another program; it is not used"
        reader = RowReader(self._reading, Unreadable(), salvage=True)
        yield from text_problems(
            reader.every(_WORKLOADS, rows.workload_of), reader.every(TRIALS, rows.trial_of)
        )
        for table, convert in ((_TARGETS, rows.target_of), (_SESSIONS, rows.session_of)):
            for _ in reader.every(table, convert):
                pass
        yield from reader.unreadable.sentences

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        with self._lock, translated_errors(self.path, self._timeout_s):
            self._guard.check()
            yield self._db

    def _size_bytes(self) -> int:
        parts = (Path(f"{self.path}{suffix}") for suffix in ("", "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())


def _trial_of_any_session(row: rows.Row) -> TrialRecord:
    place = rows.TRIAL_COLUMNS.split(", ").index("session")
    return rows.trial_of((*row[:place], row[place] or LOST_SESSION.id, *row[place + 1 :]))


def filtered(
    workload: str | None, target: str | None, threads: int | None
) -> tuple[str, tuple[object, ...]]:
    """Return SQL conditions on the columns of `history`, each after an AND, and their values."""
    wanted = {"workload_key": workload, "target": target, "threads": threads}
    given = {column: value for column, value in wanted.items() if value is not None}
    return "".join(f" AND {column} = ?" for column in given), tuple(given.values())


def _counted(db: Database, column: str) -> dict[str, int]:
    found = db.execute(f"SELECT {column}, count(*) FROM history GROUP BY {column}")
    return {str(value): count for value, count in found}
