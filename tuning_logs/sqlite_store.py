"""The store in an SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from sqlite_utils import Database

from autosched.errors import DatabaseError
from autosched.tuning_logs import claims, rows
from autosched.tuning_logs.failures import read_only as read_only_error
from autosched.tuning_logs.records import (
    MAX_INTEGER,
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    check_network_time,
    failed,
    utc_now,
)
from autosched.tuning_logs.schema import foreign_indexes
from autosched.tuning_logs.sqlite_reader import TRIALS, SqliteReader, filtered
from autosched.tuning_logs.store import check_keep, replaces, unknown_record

_SAME_TRIAL = "workload_id = ? AND target_id = ? AND threads = ? AND trace_key = ?"


class SqliteStore(SqliteReader):
    """Fulfils the contract of `Store` in one file, with a write-ahead log beside it.

    Every method that writes is one short transaction, so a killed process loses at most the
    trial it is adding, and readers never wait for writers. After a power failure the last
    transactions may be missing, but the file is intact. The log needs shared memory, so the
    file must not lie on a network drive that several machines write to.

    The file and its directory are created if they do not exist. `read_only` is True if it was
    requested, or if this user may not write to the file: reading works, writing raises. A
    writer waits up to `timeout_s` for other writers.

    With `salvage` as much as possible of a damaged file is read: `table_problems` names the
    unreadable tables, and trials whose session is missing belong to the session `lost`.
    """

    def add_workload(self, workload: WorkloadRecord) -> bool:
        with self._writing() as db:
            key, columns = workload.key, rows.WORKLOAD_COLUMNS
            stored = db.execute("SELECT content FROM workloads WHERE key = ?", (key,)).fetchone()
            if stored is None:
                return self._insert(db, "workloads", workload)
            if self.workload(key) is None or replaces("workload", key, stored[0], workload.content):
                sql = f"UPDATE workloads SET ({columns}) = ({rows.marks(columns)}) WHERE key = ?"
                db.execute(sql, (*rows.row_of(workload), key))
            return False

    def add_target(self, target: TargetRecord) -> bool:
        with self._writing() as db:
            return self._insert(db, "targets", target)

    def start_session(self, session: SessionRecord) -> bool:
        with self._writing() as db:
            return self._insert(db, "sessions", session)

    @staticmethod
    def _insert(
        db: Database, table: str, record: WorkloadRecord | TargetRecord | SessionRecord
    ) -> bool:
        """Insert a row; return False if its key is stored already."""
        columns = rows.columns_of(type(record))
        sql = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({rows.marks(columns)})"
        return bool(db.execute(sql, rows.row_of(record)).rowcount)

    def end_session(self, session_id: str) -> None:
        with self._writing() as db:
            cursor = db.execute(
                "UPDATE sessions SET ended = coalesce(ended, ?) WHERE id = ?",
                (utc_now(), session_id),
            )
            if cursor.rowcount != 1:
                raise unknown_record("session", session_id)
            claims.release_session(db, session_id)

    def add_trial(self, trial: TrialRecord) -> bool:
        with self._writing() as db:
            task = self._task(trial.workload, trial.target, trial.threads)
            session = self._session_number(trial.session)
            claims.release(db, task, trial.trace_key)
            identity = (*task, trial.trace_key)
            sql = f"SELECT trace FROM trials WHERE {_SAME_TRIAL}"
            stored = db.execute(sql, identity).fetchone()
            if stored is not None:
                if not replaces("trace", trial.trace_key, stored[0], trial.trace):
                    return False
                db.execute(f"DELETE FROM trials WHERE {_SAME_TRIAL}", identity)
            db.execute(
                "INSERT INTO trials (workload_id, target_id, threads, trace_key, session_number, "
                "trace, outcome, reason, time_ns, times_ns, build_ms, predicted, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *identity,
                    session,
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
            if trial.network_ns is not None:
                self._set_network_time(task, trial.trace_key, trial.network_ns)
            return True

    def add_times(self, trial: TrialRecord, times_ns: Sequence[float]) -> TrialRecord:
        with self._writing() as db:
            number, stored = self._stored(trial)
            changed = replace(stored, times_ns=(*stored.times_ns, *times_ns))
            db.execute(
                "UPDATE trials SET times_ns = ?, time_ns = ? WHERE id = ?",
                (json.dumps(changed.times_ns), changed.time_ns, number),
            )
            return changed

    def refuse(self, trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
        with self._writing() as db:
            number, stored = self._stored(trial)
            changed = failed(stored, outcome, reason)
            db.execute(
                "UPDATE trials SET outcome = ?, reason = ?, times_ns = ?, time_ns = NULL "
                "WHERE id = ?",
                (outcome, changed.reason, json.dumps(()), number),
            )
            db.execute("DELETE FROM network_times WHERE trial_id = ?", (number,))
            return changed

    def settle(
        self, workload: str, target: str, threads: int, network_ns: Mapping[str, float]
    ) -> None:
        with self._writing() as db:
            task = self._task(workload, target, threads)
            db.execute(
                "DELETE FROM network_times WHERE trial_id IN (SELECT id FROM trials WHERE "
                "workload_id = ? AND target_id = ? AND threads = ?)",
                task,
            )
            for trace_key, time_ns in network_ns.items():
                self._set_network_time(task, trace_key, time_ns)

    def _set_network_time(self, task: claims.Task, trace_key: str, time_ns: float) -> None:
        sql = f"SELECT id, outcome FROM trials WHERE {_SAME_TRIAL}"
        row = self._db.execute(sql, (*task, trace_key)).fetchone()
        if row is None:
            raise unknown_record("trial", trace_key)
        check_network_time(row[1], time_ns)
        self._db.execute("INSERT INTO network_times VALUES (?, ?)", (row[0], time_ns))

    def claim(
        self, workload: str, target: str, threads: int, session: str, trace_keys: Sequence[str]
    ) -> set[str]:
        with self._writing() as db:
            task = self._task(workload, target, threads)
            return claims.claim(db, task, self._session_number(session), trace_keys)

    def _stored(self, trial: TrialRecord) -> tuple[int, TrialRecord]:
        """Return the row number of the stored trial with the identity of `trial`, and it."""
        identity = (*self._task(trial.workload, trial.target, trial.threads), trial.trace_key)
        row = self._db.execute(f"SELECT id FROM trials WHERE {_SAME_TRIAL}", identity).fetchone()
        if row is None:
            raise unknown_record("trial", trial.trace_key)
        found = self._reader.first(TRIALS, rows.trial_of, "WHERE trial = ?", row, 1)
        if not found:
            raise DatabaseError(f"expected a trial that can be read, got row {row[0]}")
        return row[0], found[0]

    def forget(self, workload: str, target: str | None = None, threads: int | None = None) -> int:
        condition, values = filtered(workload, target, threads)
        with self._writing() as db:
            cursor = db.execute(
                f"DELETE FROM trials WHERE id IN (SELECT trial FROM history WHERE 1 {condition})",
                values,
            )
            removed = cursor.rowcount
            of_workload = "workload_id IN (SELECT id FROM workloads WHERE key = ?)"
            db.execute(f"DELETE FROM claims WHERE {of_workload}", (workload,))
            db.execute(
                "DELETE FROM workloads WHERE key = ? AND NOT EXISTS "
                "(SELECT 1 FROM trials WHERE workload_id = workloads.id)",
                (workload,),
            )
            return removed

    def prune(self, keep: int) -> int:
        check_keep(keep)
        with self._writing() as db:
            cursor = db.execute(
                "DELETE FROM trials WHERE id NOT IN (SELECT id FROM (SELECT id, row_number() OVER "
                "(PARTITION BY workload_id, target_id, threads ORDER BY time_ns, id) AS place "
                "FROM trials WHERE outcome = 'ok') WHERE place <= ?) AND id NOT IN "
                "(SELECT trial FROM (SELECT trial, row_number() OVER "
                "(PARTITION BY workload_key, target, threads ORDER BY network_ns, trial) AS place "
                "FROM history WHERE network_ns NOT NULL) WHERE place = 1)",
                (min(keep, MAX_INTEGER),),
            )
            removed = cursor.rowcount
        with self._reading() as db, suppress(sqlite3.OperationalError):
            db.execute("VACUUM")  # if the file is locked, SQLite reuses the space later
        return removed

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with self._reading() as db:
            if self.read_only:
                raise read_only_error(self.path)
            # A transaction that begins by reading cannot wait for another writer.
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except BaseException as error:
                db.rollback()
                if _refuses_row(error) and (indexes := foreign_indexes(db)):
                    raise DatabaseError(
                        f"expected indexes that accept every trial in {self.path}, got "
                        f"{', '.join(sorted(indexes))} of another program: {error}",
                        hint="drop these indexes",
                    ) from error
                raise

    def _task(self, workload: str, target: str, threads: int) -> claims.Task:
        return (
            self._id_of("workload", "id", "workloads", "key", workload),
            self._id_of("target", "id", "targets", "text", target),
            threads,
        )

    def _session_number(self, session: str) -> int:
        return self._id_of("session", "number", "sessions", "id", session)

    def _id_of(self, kind: str, wanted: str, table: str, column: str, value: str) -> int:
        """Return the number of the row with this value; raise `DatabaseError` if none has it."""
        sql = f"SELECT {wanted} FROM {table} WHERE {column} = ?"
        row = self._db.execute(sql, (value,)).fetchone()
        if row is None:
            raise unknown_record(kind, value)
        return int(row[0])


def _refuses_row(error: BaseException) -> bool:
    """Return whether SQLite refused a row, not the file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_ERROR)
