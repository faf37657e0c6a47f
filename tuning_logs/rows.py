"""Converts records to rows of SQLite and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from autosched.errors import DatabaseError
from autosched.tuning_logs.checked import Record, parsed, record_of, same_number, shortened
from autosched.tuning_logs.records import SessionRecord, TargetRecord, TrialRecord, WorkloadRecord


def columns_of(kind: type[Record]) -> str:
    """Return the columns of workloads, targets or sessions: the fields of their record."""
    return ", ".join(field.name for field in fields(kind))


def marks(columns: str) -> str:
    """Return one placeholder of SQL for each column."""
    return ", ".join("?" for _ in columns.split(", "))


WORKLOAD_COLUMNS = columns_of(WorkloadRecord)
TARGET_COLUMNS = columns_of(TargetRecord)
SESSION_COLUMNS = columns_of(SessionRecord)
TRIAL_COLUMNS = (
    "workload_key, target, session, trace, outcome, reason, time_ns, times_ns, threads, "
    "build_ms, predicted, trace_key, created, network_ns"
)

Row = tuple[Any, ...]


def row_of(record: WorkloadRecord | TargetRecord | SessionRecord) -> Row:
    """Return the values of a record's columns, with mappings as JSON."""
    values = (getattr(record, field.name) for field in fields(record))
    return tuple(
        json.dumps(dict(value), sort_keys=True) if isinstance(value, Mapping) else value
        for value in values
    )


def workload_of(row: Row) -> WorkloadRecord:
    """Return the workload in a row of `WORKLOAD_COLUMNS`; raises `DatabaseError` as all do."""
    return record_of(WorkloadRecord, _named(WORKLOAD_COLUMNS, row))


def target_of(row: Row) -> TargetRecord:
    """Return the target in a row of `TARGET_COLUMNS`."""
    return record_of(TargetRecord, _named(TARGET_COLUMNS, row))


def session_of(row: Row) -> SessionRecord:
    """Return the session in a row of `SESSION_COLUMNS`."""
    values = _named(SESSION_COLUMNS, row)
    values["versions"] = parsed(values["versions"], "versions that are a JSON object")
    return record_of(SessionRecord, values)


def trial_of(row: Row) -> TrialRecord:
    """Return the trial in a row of `TRIAL_COLUMNS` of the view `history`."""
    values = _named(TRIAL_COLUMNS, row)
    values["workload"] = values.pop("workload_key")
    values["times_ns"] = parsed(values["times_ns"], "times_ns that are a JSON list")
    time_ns = values.pop("time_ns")
    for parent in ("workload", "target", "session"):
        if values[parent] is None:
            raise DatabaseError(f"expected the {parent} of the trial, got none")
    trial = record_of(TrialRecord, values)
    if not same_number(time_ns, trial.time_ns):
        raise DatabaseError(
            f"expected time_ns to be the median of times_ns, {trial.time_ns}, "
            f"got {shortened(time_ns)}"
        )
    return trial


def _named(columns: str, row: Row) -> dict[str, Any]:
    return dict(zip(columns.split(", "), row, strict=True))
