"""The tuning database: stores every trial with its result and finds the fastest."""

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
from autosched.tuning_logs.transfer import (
    Copied,
    copy_records,
    copy_trials,
    export_lines,
    import_lines,
)
from autosched.tuning_logs.verify import first_problems

if TYPE_CHECKING:
    from autosched.tuning_logs.sqlite_store import SqliteStore

__all__ = [
    "MAX_INTEGER", "OUTCOMES", "Copied", "MemoryStore", "QueryResult", "Relative", "SessionRecord",
    "Stats", "Store", "TargetRecord", "TaskSummary", "TrialRecord", "WorkloadRecord",
    "content_key", "copy_records", "copy_trials", "export_lines", "first_problems", "import_lines",
    "new_session", "open_store",
]  # fmt: skip


def open_store(path: str | Path, *, read_only: bool = False, salvage: bool = False) -> SqliteStore:
    """Open the tuning database at `path`, and create it if it does not exist.

    With `read_only` or `salvage` nothing is created or changed; `salvage` also reads as much
    as possible of a damaged file. Raises `DatabaseError` if the file cannot be opened or is
    not a tuning database.
    """
    # Importing sqlite-utils takes 0.1 s, and not every command needs it.
    from autosched.tuning_logs.sqlite_store import SqliteStore

    return SqliteStore(path, read_only=read_only, salvage=salvage)
