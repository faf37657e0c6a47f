"""Records to rows of SQLite and back."""

from __future__ import annotations

import json
from typing import Any

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
    "workload_key, target, session, trace, outcome, reason, times_ns, threads, build_ms, "
    "predicted, trace_key, created"
)

Row = tuple[Any, ...]


def workload_row(workload: WorkloadRecord) -> Row:
    """The values of `WORKLOAD_COLUMNS`."""
    return (
        workload.key,
        workload.content,
        workload.name,
        workload.params,
        workload.shape_free_key,
        workload.created,
    )


def workload_of(row: Row) -> WorkloadRecord:
    """The workload in a row of `WORKLOAD_COLUMNS`."""
    key, content, name, params, shape_free_key, created = row
    return WorkloadRecord(
        key=key,
        content=content,
        name=name,
        params=params,
        shape_free_key=shape_free_key,
        created=created,
    )


def target_of(row: Row) -> TargetRecord:
    """The target in a row of `TARGET_COLUMNS`."""
    text, created = row
    return TargetRecord(text=text, created=created)


def session_row(session: SessionRecord) -> Row:
    """The values of `SESSION_COLUMNS`."""
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
    """The session in a row of `SESSION_COLUMNS`."""
    id_, strategy, seed, versions, machine, host_cpu, started, ended = row
    return SessionRecord(
        id=id_,
        strategy=strategy,
        seed=seed,
        versions=json.loads(versions),
        machine=machine,
        host_cpu=host_cpu,
        started=started,
        ended=ended,
    )


def trial_of(row: Row) -> TrialRecord:
    """The trial in a row of `TRIAL_COLUMNS`, taken from the view `history`."""
    workload, target, session, trace, outcome, reason, times, threads, build, predicted, key, at = (
        row
    )
    return TrialRecord(
        workload=workload,
        target=target,
        session=session,
        trace=trace,
        outcome=outcome,
        reason=reason,
        times_ns=tuple(json.loads(times)),
        threads=threads,
        build_ms=build,
        predicted=predicted,
        trace_key=key,
        created=at,
    )
