"""What SQLite cannot check by itself: that texts are JSON, and keys are hashes."""

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

MOST_TOLD = 100


def first_of(problems: Iterable[str]) -> list[str]:
    """The first problems, and how many more there are."""
    every = iter(problems)
    told = list(islice(every, MOST_TOLD))
    more = sum(1 for _ in every)
    return [*told, f"and {more} more"] if more else told


def damage(db: Database) -> list[str]:
    """What SQLite finds wrong with the file."""
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
    """One sentence for each text that does not parse, and each key that is not its hash."""
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
