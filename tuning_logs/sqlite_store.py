"""The store in an SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from autosched.tuning_logs import rows
from autosched.tuning_logs.connection import connect
from autosched.tuning_logs.failures import read_only as read_only_error
from autosched.tuning_logs.failures import sentences
from autosched.tuning_logs.process import ProcessGuard
from autosched.tuning_logs.query import select
from autosched.tuning_logs.records import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    refusal,
    utc_now,
)
from autosched.tuning_logs.store import Store, check_keep, collision, unknown
from autosched.tuning_logs.summary import QueryResult, Stats, TaskSummary
from autosched.tuning_logs.verify import text_problems

BUSY_TIMEOUT_S = 60.0
_PAGE = 500
_SAME_TRIAL = "workload_id = ? AND target_id = ? AND threads = ? AND trace_key = ?"


class SqliteStore(Store):
    """Keeps the contract of `Store` in one file, with a write-ahead log beside it.

    Every method that writes is one short transaction, so a process that is killed loses at
    most the trial in flight, and readers never wait for writers. After a power cut the last
    transactions may be missing; the file is intact. The log needs shared memory, so the file
    must not lie on a network drive that several machines write to.

    The file and its directory are made where they do not exist. `read_only` is True on a file
    that was asked for so, or that this user may not write to: reading works, writing raises.
    Waits up to `timeout_s` for other writers.
    """

    def __init__(
        self, path: str | Path, *, read_only: bool = False, timeout_s: float = BUSY_TIMEOUT_S
    ):
        self.path = Path(path)
        self._timeout_s = timeout_s
        connection = connect(self.path, read_only=read_only, timeout_s=timeout_s)
        self._db = connection.db
        self.read_only = connection.read_only
        self._lock = threading.RLock()
        self._guard = ProcessGuard(f"the tuning database {self.path}")

    def close(self) -> None:
        with self._lock:
            # A forked child that closed the parent's connection would drop the parent's locks.
            if not self._guard.closed and self._guard.owned:
                self._db.close()
            self._guard.close()

    # ---- writing

    def add_workload(self, workload: WorkloadRecord) -> bool:
        with self._writing() as db:
            known = self.workload(workload.key)
            if known is None:
                db.execute(
                    f"INSERT INTO workloads ({rows.WORKLOAD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
                    rows.workload_row(workload),
                )
            elif known.content != workload.content:
                raise collision("workload", workload.key)
            return known is None

    def add_target(self, target: TargetRecord) -> bool:
        with self._writing() as db:
            cursor = db.execute(
                f"INSERT OR IGNORE INTO targets ({rows.TARGET_COLUMNS}) VALUES (?, ?)",
                (target.text, target.created),
            )
            return cursor.rowcount == 1

    def start_session(self, session: SessionRecord) -> bool:
        with self._writing() as db:
            cursor = db.execute(
                f"INSERT OR IGNORE INTO sessions ({rows.SESSION_COLUMNS}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows.session_row(session),
            )
            return cursor.rowcount == 1

    def end_session(self, session_id: str) -> None:
        with self._writing() as db:
            cursor = db.execute(
                "UPDATE sessions SET ended = coalesce(ended, ?) WHERE id = ?",
                (utc_now(), session_id),
            )
            if cursor.rowcount != 1:
                raise unknown("session", session_id)

    def add_trial(self, trial: TrialRecord) -> bool:
        with self._writing() as db:
            task = self._task_ids(trial)
            session = _id_of(db, "number", "sessions", "id", trial.session)
            if session is None:
                raise unknown("session", trial.session)
            known = db.execute(
                f"SELECT trace FROM trials WHERE {_SAME_TRIAL}",
                (*task, trial.threads, trial.trace_key),
            ).fetchone()
            if known is not None:
                if known[0] != trial.trace:
                    raise collision("trace", trial.trace_key)
                return False
            db.execute(
                "INSERT INTO trials (workload_id, target_id, session_number, threads, trace_key, "
                "trace, outcome, reason, time_ns, times_ns, build_ms, predicted, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *task,
                    session,
                    trial.threads,
                    trial.trace_key,
                    trial.trace,
                    trial.outcome,
                    trial.reason,
                    trial.time_ns,
                    json.dumps(trial.times_ns),
                    trial.build_ms,
                    trial.predicted,
                    trial.created,
                ),
            )
            return True

    def add_times(self, trial: TrialRecord, times_ns: Sequence[float]) -> TrialRecord:
        with self._writing() as db:
            identity = (*self._task_ids(trial), trial.threads, trial.trace_key)
            number, stored = self._stored(db, identity)
            longer = replace(stored, times_ns=(*stored.times_ns, *times_ns))
            db.execute(
                "UPDATE trials SET times_ns = ?, time_ns = ? WHERE id = ?",
                (json.dumps(longer.times_ns), longer.time_ns, number),
            )
            return longer

    def refuse(self, trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
        with self._writing() as db:
            identity = (*self._task_ids(trial), trial.threads, trial.trace_key)
            number, stored = self._stored(db, identity)
            refused = refusal(stored, outcome, reason)
            db.execute(
                "UPDATE trials SET outcome = ?, reason = ?, times_ns = ?, time_ns = NULL "
                "WHERE id = ?",
                (outcome, refused.reason, json.dumps(()), number),
            )
            return refused

    def _stored(self, db: Database, identity: tuple[object, ...]) -> tuple[int, TrialRecord]:
        """The row number of the trial with this identity, and the trial."""
        row = db.execute(f"SELECT id FROM trials WHERE {_SAME_TRIAL}", identity).fetchone()
        if row is None:
            raise unknown("trial", str(identity[-1]))
        return row[0], self._read("WHERE trial = ?", row)[0][1]

    def prune(self, keep: int) -> int:
        check_keep(keep)
        with self._writing() as db:
            cursor = db.execute(
                "DELETE FROM trials WHERE id NOT IN (SELECT id FROM (SELECT id, row_number() OVER "
                "(PARTITION BY workload_id, target_id, threads ORDER BY time_ns, id) AS place "
                "FROM trials WHERE outcome = 'ok') WHERE place <= ?)",
                (keep,),
            )
            removed = cursor.rowcount
        with self._reading() as db, suppress(sqlite3.OperationalError):
            db.execute("VACUUM")  # where others are busy, the space is used again later
        return removed

    # ---- reading

    def workload(self, key: str) -> WorkloadRecord | None:
        with self._reading() as db:
            row = db.execute(
                f"SELECT {rows.WORKLOAD_COLUMNS} FROM workloads WHERE key = ?", (key,)
            ).fetchone()
            return None if row is None else rows.workload_of(row)

    def workloads(self) -> list[WorkloadRecord]:
        with self._reading() as db:
            found = db.execute(f"SELECT {rows.WORKLOAD_COLUMNS} FROM workloads ORDER BY id")
            return [rows.workload_of(row) for row in found]

    def targets(self) -> list[TargetRecord]:
        with self._reading() as db:
            found = db.execute(f"SELECT {rows.TARGET_COLUMNS} FROM targets ORDER BY id")
            return [rows.target_of(row) for row in found]

    def sessions(self) -> list[SessionRecord]:
        with self._reading() as db:
            found = db.execute(f"SELECT {rows.SESSION_COLUMNS} FROM sessions ORDER BY number")
            return [rows.session_of(row) for row in found]

    def trials(
        self, workload: str | None = None, target: str | None = None, threads: int | None = None
    ) -> Iterator[TrialRecord]:
        condition, values = _filter(workload, target, threads)
        last = 0
        # Page by page, so that no reader keeps the log from being written back.
        while page := self._read(
            f"WHERE trial > ? {condition} ORDER BY trial LIMIT {_PAGE}", (last, *values)
        ):
            last = page[-1][0]
            yield from (trial for _, trial in page)

    def measured(self, workload: str, target: str, threads: int | None = None) -> set[str]:
        condition, values = _filter(workload, target, threads)
        with self._reading() as db:
            found = db.execute(f"SELECT trace_key FROM history WHERE 1 {condition}", values)
            return {key for (key,) in found}

    def top(
        self, workload: str, target: str, count: int, threads: int | None = None
    ) -> list[TrialRecord]:
        condition, values = _filter(workload, target, threads)
        order = "ORDER BY time_ns, trial LIMIT ?"
        found = self._read(f"WHERE outcome = 'ok' {condition} {order}", (*values, max(count, 0)))
        return [trial for _, trial in found]

    def tasks(self) -> list[TaskSummary]:
        known = {workload.key: workload for workload in self.workloads()}
        with self._reading() as db:
            found = db.execute(
                "SELECT workload_key, target, threads, count(*), sum(outcome != 'ok'), "
                "min(time_ns) FROM history GROUP BY workload_key, target, threads "
                "ORDER BY min(trial)"
            )
            return [TaskSummary(known[row[0]], *row[1:]) for row in found]

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
        """The rows of one SELECT over the tables and the views `history` and `best`.

        Raises `DatabaseError` for SQL that is wrong and for SQL that would write.
        """
        with self._reading() as db:
            return select(db.conn, sql, parameters)

    def verify(self) -> list[str]:
        with self._reading() as db:
            integrity = [row[0] for row in db.execute("PRAGMA integrity_check")]
            dangling = list(db.execute("PRAGMA foreign_key_check"))
        if integrity != ["ok"]:
            return integrity
        problems = [
            f"{table} row {row}: expected a row of {parent} that it refers to"
            for table, row, parent, _ in dangling
        ]
        return [*problems, *text_problems(self.workloads(), self.trials())]

    # ---- how

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        with self._lock, sentences(self.path, self._timeout_s):
            self._guard.check()
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._reading() as db:
            if self.read_only:
                raise read_only_error(self.path)
            # A transaction that began by reading could not wait for another writer.
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except BaseException:
                db.rollback()
                raise

    def _task_ids(self, trial: TrialRecord) -> tuple[int, int]:
        workload = _id_of(self._db, "id", "workloads", "key", trial.workload)
        if workload is None:
            raise unknown("workload", trial.workload)
        target = _id_of(self._db, "id", "targets", "text", trial.target)
        if target is None:
            raise unknown("target", trial.target)
        return workload, target

    def _read(self, clauses: str, values: Sequence[object]) -> list[tuple[int, TrialRecord]]:
        with self._reading() as db:
            found = db.execute(f"SELECT trial, {rows.TRIAL_COLUMNS} FROM history {clauses}", values)
            return [(row[0], rows.trial_of(row[1:])) for row in found]

    def _size_bytes(self) -> int:
        parts = (Path(f"{self.path}{suffix}") for suffix in ("", "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())


def _id_of(db: Database, wanted: str, table: str, column: str, value: str) -> int | None:
    row = db.execute(f"SELECT {wanted} FROM {table} WHERE {column} = ?", (value,)).fetchone()
    return None if row is None else row[0]


def _filter(
    workload: str | None, target: str | None, threads: int | None
) -> tuple[str, tuple[object, ...]]:
    wanted = {"workload_key": workload, "target": target, "threads": threads}
    given = {column: value for column, value in wanted.items() if value is not None}
    return "".join(f" AND {column} = ?" for column in given), tuple(given.values())


def _counted(db: Database, column: str) -> dict[str, int]:
    return dict(db.execute(f"SELECT {column}, count(*) FROM history GROUP BY {column}").fetchall())
