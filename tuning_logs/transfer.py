"""Copies records between stores, and to and from lines of JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from autosched.errors import DatabaseError
from autosched.tuning_logs.checked import Record, check_keys, parsed, record_of, shortened
from autosched.tuning_logs.records import (
    LOST_SESSION,
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
)
from autosched.tuning_logs.store import Store, unknown_record

FORMAT = "autosched tuning log"
FORMAT_VERSION = 1

_KINDS: dict[str, type[Record]] = {
    "workload": WorkloadRecord,
    "target": TargetRecord,
    "session": SessionRecord,
    "trial": TrialRecord,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Copied:
    """The numbers of trials that were added, stored already, and refused.

    `reason` explains the first refusal.
    """

    added: int
    known: int
    refused: int = 0
    reason: str = ""


_Task = tuple[str, str, int]
"""The workload's key, the target's text and the number of threads."""

WhyNot = Callable[[WorkloadRecord, TrialRecord], str | None]
"""Returns the reason to refuse a trial of a workload, or None to copy it."""


def copy_records(source: Store, into: Store, why_not: WhyNot | None = None) -> Copied:
    """Add all records of `source` to `into`, except trials that `why_not` refuses.

    A task that has times in a network keeps them, as those of another run cannot be compared.
    Raises `DatabaseError` if a key is stored with another content.
    """
    return _add_all(_records(source), into, why_not)


def copy_trials(source: Store, into: Store, trials: Iterable[TrialRecord]) -> None:
    """Add these trials of `source` to `into`, with what they refer to; sessions are left out.

    Raises `DatabaseError` if `source` does not know the workload of a trial.
    """
    into.start_session(LOST_SESSION)
    for trial in trials:
        into.add_workload(_workload_of(trial, source))
        into.add_target(TargetRecord(text=trial.target))
        into.add_trial(replace(trial, session=LOST_SESSION.id))


def export_lines(store: Store) -> Iterator[str]:
    """Yield all records of a store as lines of JSON; the first line names the format."""
    yield json.dumps({"format": FORMAT, "version": FORMAT_VERSION})
    for record in _records(store):
        yield json.dumps({"kind": _NAMES[type(record)], **asdict(record)})


def import_lines(lines: Iterable[str], into: Store, why_not: WhyNot | None = None) -> Copied:
    """Add the records that `export_lines` wrote, except trials that `why_not` refuses.

    Nothing in the lines is executed. Raises `DatabaseError` with the number of the first
    invalid line; the records before it are kept.
    """
    numbered = enumerate(lines, start=1)
    _, first = next(numbered, (1, ""))
    _check_header(first)
    records = (_parsed(number, line) for number, line in numbered if line.strip())
    return _add_all(records, into, why_not)


def _records(store: Store) -> Iterator[Record]:
    """Yield the records that can be added elsewhere: with valid keys and references.

    The others are counted in `store.unreadable`. A trial without a session gets the lost one.
    """
    workloads = [each for each in store.workloads() if _has_its_key(store, "workloads", each)]
    targets, sessions = store.targets(), store.sessions()
    yield from workloads
    yield from targets
    yield from sessions
    keys, texts = {each.key for each in workloads}, {each.text for each in targets}
    ids = {each.id for each in sessions}
    for trial in store.trials():
        if not _has_its_key(store, "trials", trial):
            continue
        if trial.workload not in keys or trial.target not in texts:
            reason = "expected a readable workload and target"
            store.unreadable.add("trials", trial.trace_key, reason)
            continue
        if trial.session not in ids:
            ids.add(LOST_SESSION.id)
            yield LOST_SESSION
            trial = replace(trial, session=LOST_SESSION.id)
        yield trial


def _has_its_key(store: Store, table: str, record: WorkloadRecord | TrialRecord) -> bool:
    try:
        check_keys(record)
    except DatabaseError as error:
        key = record.key if isinstance(record, WorkloadRecord) else record.trace_key
        store.unreadable.add(table, key, error.message)
        return False
    return True


def _add_all(records: Iterable[Record], into: Store, why_not: WhyNot | None) -> Copied:
    added = known = refused = 0
    reason = ""
    network_ns: dict[_Task, dict[str, float]] = defaultdict(dict)
    for record in records:
        match record:
            case WorkloadRecord():
                into.add_workload(record)
            case TargetRecord():
                into.add_target(record)
            case SessionRecord():
                into.start_session(record)
            case TrialRecord() if why_not and (why := why_not(_workload_of(record, into), record)):
                refused += 1
                reason = reason or why
            case TrialRecord():
                if record.network_ns is not None:
                    task = record.workload, record.target, record.threads
                    network_ns[task][record.trace_key] = record.network_ns
                is_new = into.add_trial(replace(record, network_ns=None))
                added += is_new
                known += not is_new
    for task, times in network_ns.items():
        _add_network_times(into, task, times)
    return Copied(added, known, refused, reason)


def _add_network_times(into: Store, task: _Task, times: Mapping[str, float]) -> None:
    if into.settled(*task):
        return
    ok = {trial.trace_key for trial in into.trials(*task) if trial.outcome == "ok"}
    into.settle(*task, {key: time_ns for key, time_ns in times.items() if key in ok})


def _workload_of(trial: TrialRecord, store: Store) -> WorkloadRecord:
    if workload := store.workload(trial.workload):
        return workload
    raise unknown_record("workload", trial.workload)


def _check_header(line: str) -> None:
    header = _object(1, line)
    if header.get("format") != FORMAT:
        raise DatabaseError(
            f"expected a file of JSON lines that begins with the format {FORMAT!r}, "
            f"got {line.strip()[:60]!r}",
            hint="`autosched db export` writes such a file",
        )
    if header.get("version") != FORMAT_VERSION:
        raise DatabaseError(
            f"expected version {FORMAT_VERSION} of the export format, got {header.get('version')}",
            hint="use the autosched that wrote it, or a newer one",
        )


def _parsed(number: int, line: str) -> Record:
    values = _object(number, line)
    kind = values.pop("kind", None)
    if kind not in _KINDS:
        raise _wrong(number, f"a kind, one of {', '.join(_KINDS)}", repr(kind))
    try:
        record = record_of(_KINDS[kind], values)
        check_keys(record)
        return record
    except DatabaseError as error:
        raise DatabaseError(f"line {number}: {error.message}") from error


def _object(number: int, line: str) -> dict[str, Any]:
    try:
        value = parsed(line.strip(), "a JSON object")
    except DatabaseError as error:
        raise DatabaseError(f"line {number}: {error.message}") from error
    if not isinstance(value, dict):
        raise _wrong(number, "a JSON object", shortened(line))
    return value


def _wrong(number: int, expected: str, found: str) -> DatabaseError:
    return DatabaseError(f"line {number}: expected {expected}, got {found}")
