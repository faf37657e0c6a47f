"""Claims on candidates: one session measures each, and a claim expires."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from autosched.tuning_logs.process import has_ended, process_identity
from autosched.tuning_logs.records import utc_text

CLAIM_LASTS = timedelta(minutes=30)
"""Longer than the measurement of any batch; an older claim has expired."""

Task = tuple[int, int, int]
"""The row numbers of a workload and a target, and a thread count."""

_OF_TASK = "workload_id = ? AND target_id = ? AND threads = ?"


def claim(db: Database, task: Task, session: int, keys: Sequence[str]) -> set[str]:
    """Claim candidates for a session; return the keys that it claims, now or since before."""
    _release_stale(db, task)
    now, owner = utc_text(datetime.now(UTC)), process_identity()
    db.conn.executemany(
        "INSERT OR IGNORE INTO claims (workload_id, target_id, threads, trace_key, "
        "session_number, owner, claimed) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS ("
        "SELECT 1 FROM trials WHERE workload_id = ?1 AND target_id = ?2 AND threads = ?3 "
        "AND trace_key = ?4)",
        [(*task, key, session, owner, now) for key in keys],
    )
    found = db.execute(
        f"SELECT trace_key FROM claims WHERE {_OF_TASK} AND session_number = ?", (*task, session)
    )
    return {key for (key,) in found} & {*keys}


def release(db: Database, task: Task, key: str) -> None:
    """Delete the claim on one candidate."""
    db.execute(f"DELETE FROM claims WHERE {_OF_TASK} AND trace_key = ?", (*task, key))


def release_session(db: Database, session_id: str) -> None:
    """Delete all claims of a session."""
    db.execute(
        "DELETE FROM claims WHERE session_number IN (SELECT number FROM sessions WHERE id = ?)",
        (session_id,),
    )


def _release_stale(db: Database, task: Task) -> None:
    """Delete claims that have expired or whose process has ended."""
    now = datetime.now(UTC)
    oldest, newest = utc_text(now - CLAIM_LASTS), utc_text(now + CLAIM_LASTS)
    db.execute(
        f"DELETE FROM claims WHERE {_OF_TASK} AND claimed NOT BETWEEN ? AND ?",
        (*task, oldest, newest),
    )
    owners = db.execute(f"SELECT DISTINCT owner FROM claims WHERE {_OF_TASK}", task).fetchall()
    for (owner,) in owners:
        if has_ended(owner):
            db.execute(f"DELETE FROM claims WHERE {_OF_TASK} AND owner IS ?", (*task, owner))
