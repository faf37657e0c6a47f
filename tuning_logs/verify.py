"""Checks stored data: the file, that texts are JSON, and that keys are hashes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from autosched.errors import DatabaseError
from autosched.tuning_logs.checked import parsed
from autosched.tuning_logs.records import TrialRecord, WorkloadRecord, content_key

if TYPE_CHECKING:
    from sqlite_utils import Database

MAX_REPORTED = 100


def first_problems(problems: Iterable[str]) -> list[str]:
    """Return the first `MAX_REPORTED` problems, and the number of the others."""
    every = iter(problems)
    reported = list(islice(every, MAX_REPORTED))
    more = sum(1 for _ in every)
    return [*reported, f"and {more} more"] if more else reported


def file_problems(db: Database) -> list[str]:
    """Return the errors that SQLite finds in the file."""
    try:
        found = [str(line) for (line,) in db.execute("PRAGMA main.integrity_check")]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return [str(error)]
    return [line for line in found if line != "ok"]


def text_problems(
    workloads: Iterable[WorkloadRecord], trials: Iterable[TrialRecord]
) -> Iterator[str]:
    """Yield one sentence for each text that is not JSON, and each key that is not a hash."""
    for workload in workloads:
        if not _is_json(workload.params, dict):
            yield f"workload {workload.key}: expected params that are a JSON object"
        if workload.key != content_key(workload.content):
            yield f"workload {workload.key}: expected the hash of its content as the key"
    for trial in trials:
        if not _is_json(trial.trace, object):
            yield f"trial {trial.trace_key}: expected a trace that is JSON"
        if trial.trace_key != content_key(trial.trace):
            yield f"trial {trial.trace_key}: expected the hash of its trace as the key"


def _is_json(text: str, kind: type) -> bool:
    try:
        return isinstance(parsed(text, "JSON"), kind)
    except DatabaseError:
        return False
