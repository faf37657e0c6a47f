"""The tuning database: what was tried, on what, with which result, and the best of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autosched.tuning_logs.memory_store import MemoryStore
from autosched.tuning_logs.records import (
    MAX_INTEGER,
    OUTCOMES,
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    content_key,
)
from autosched.tuning_logs.session import new_session
from autosched.tuning_logs.store import Store
from autosched.tuning_logs.summary import QueryResult, Relative, Stats, TaskSummary
from autosched.tuning_logs.transfer import Copied, copy_records, export_lines, import_lines
from autosched.tuning_logs.verify import first_of

if TYPE_CHECKING:
    from autosched.tuning_logs.sqlite_store import SqliteStore

__all__ = [
    "MAX_INTEGER",
    "OUTCOMES",
    "Copied",
    "MemoryStore",
    "QueryResult",
    "Relative",
    "SessionRecord",
    "Stats",
    "Store",
    "TargetRecord",
    "TaskSummary",
    "TrialRecord",
    "WorkloadRecord",
    "content_key",
    "copy_records",
    "export_lines",
    "first_of",
    "import_lines",
    "new_session",
    "open_store",
]


def open_store(path: str | Path, *, read_only: bool = False, salvage: bool = False) -> SqliteStore:
    """Open the tuning database in a file; it is made where it does not exist.

    With `read_only`, nothing is made or changed; with `salvage` nothing either, and what of a
    broken file can be read is. Raises `DatabaseError` where the file cannot
    be opened or is something else.
    """
    # sqlite-utils takes a tenth of a second to import, which not every command needs.
    from autosched.tuning_logs.sqlite_store import SqliteStore

    return SqliteStore(path, read_only=read_only, salvage=salvage)
