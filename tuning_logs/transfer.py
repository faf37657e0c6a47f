"""Moves records between stores, and to and from JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from autosched.errors import DatabaseError
from autosched.tuning_logs.checked import Record, parsed, record_of, shortened
from autosched.tuning_logs.records import (
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
)
from autosched.tuning_logs.store import Store

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
    """How many trials were new, and how many the receiving store knew already."""

    added: int
    known: int


def copy_records(source: Store, into: Store) -> Copied:
    """Add all that `source` holds to `into`. Raises `DatabaseError` where keys collide."""
    return _add_all(_records(source), into)


def export_lines(store: Store) -> Iterator[str]:
    """All of a store as lines of JSON, the first of which names the format."""
    yield json.dumps({"format": FORMAT, "version": FORMAT_VERSION})
    for record in _records(store):
        yield json.dumps({"kind": _NAMES[type(record)], **asdict(record)}, ensure_ascii=False)


def import_lines(lines: Iterable[str], into: Store) -> Copied:
    """Add what `export_lines` wrote. Nothing in the lines is ever executed.

    Raises `DatabaseError`, naming the line, where it is not such a line; what came before it
    is kept.
    """
    numbered = enumerate(lines, start=1)
    _, first = next(numbered, (1, ""))
    _check_header(first)
    return _add_all((_parsed(number, line) for number, line in numbered if line.strip()), into)


def _records(store: Store) -> Iterator[Record]:
    yield from store.workloads()
    yield from store.targets()
    yield from store.sessions()
    yield from store.trials()


def _add_all(records: Iterable[Record], into: Store) -> Copied:
    added = known = 0
    for record in records:
        match record:
            case WorkloadRecord():
                into.add_workload(record)
            case TargetRecord():
                into.add_target(record)
            case SessionRecord():
                into.start_session(record)
            case TrialRecord() if into.add_trial(record):
                added += 1
            case TrialRecord():
                known += 1
    return Copied(added, known)


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
        return record_of(_KINDS[kind], values)
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
