"""Converts records to rows of SQLite and back."""

from __future__ import annotations

import json
from typing import Any

from autosched.errors import DatabaseError
from autosched.tuning_logs.checked import parsed, record_of, same_number, shortened
from autosched.tuning_logs.records import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
)

WORKLOAD_COLUMNS = "key, content, name, params, shape_free_key, created"
TARGET_COLUMNS = "text, created"
SESSION_COLUMNS = "id, strategy, seed, versions, machine, host_cpu, started, ended"
TRIAL_COLUMNS = (
    "workload_key, target, session, trace, outcome, reason, time_ns, times_ns, threads, "
    "build_ms, predicted, trace_key, created"
)

Row = tuple[Any, ...]


def workload_row(workload: WorkloadRecord) -> Row:
    """Return the values of `WORKLOAD_COLUMNS`."""
    return (
        workload.key,
        workload.content,
        workload.name,
        workload.params,
        workload.shape_free_key,
        workload.created,
    )


def workload_of(row: Row) -> WorkloadRecord:
    """Return the workload in a row of `WORKLOAD_COLUMNS`; raises `DatabaseError` as all do."""
    return record_of(WorkloadRecord, _named(WORKLOAD_COLUMNS, row))


def target_of(row: Row) -> TargetRecord:
    """Return the target in a row of `TARGET_COLUMNS`."""
    return record_of(TargetRecord, _named(TARGET_COLUMNS, row))


def session_row(session: SessionRecord) -> Row:
    """Return the values of `SESSION_COLUMNS`."""
    return (
        session.id,
        session.strategy,
        session.seed,
        json.dumps(dict(session.versions), sort_keys=True),
        session.machine,
        session.host_cpu,
        session.started,
        session.ended,
    )


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
