"""Checks the types and keys of records from files that other programs may have written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from autosched.errors import DatabaseError
from autosched.tuning_logs.records import (
    MAX_INTEGER,
    SessionRecord,
    TargetRecord,
    TrialRecord,
    WorkloadRecord,
    content_key,
)

Record = WorkloadRecord | TargetRecord | SessionRecord | TrialRecord
Kind = TypeVar("Kind", bound=Record)


def record_of(kind: type[Kind], values: Mapping[str, Any]) -> Kind:
    """Return the record with these values. Raises `DatabaseError` if one has a wrong type."""
    types = _TYPES[kind]
    for name, value in values.items():
        if name not in types:
            raise DatabaseError(f"expected the fields {', '.join(types)}, got {name!r}")
        if not _CHECKS[types[name]](value):
            wanted = _DESCRIPTIONS[types[name]]
            raise DatabaseError(f"expected {name} to be {wanted}, got {shortened(value)}")
    try:
        return kind(**values)
    except TypeError as error:  # a field that is missing
        name = kind.__name__.removesuffix("Record").lower()
        raise DatabaseError(f"expected the fields of a {name}, got {error}") from error


def check_keys(record: Record) -> None:
    """Raise `DatabaseError` if the key of a workload or trial is not the hash of its content."""
    match record:
        case WorkloadRecord() if record.key != content_key(record.content):
            raise DatabaseError(f"expected the hash of the content as key, got {record.key!r}")
        case TrialRecord() if record.trace_key != content_key(record.trace):
            raise DatabaseError(f"expected the hash of the trace as key, got {record.trace_key!r}")


def parsed(text: object, what: str) -> Any:
    """Return the value of a JSON text, which errors call `what`.

    Raises `DatabaseError` if it is not JSON or is nested too deeply.
    """
    try:
        if not isinstance(text, str):
            raise ValueError
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatabaseError(f"expected {what}, got {shortened(text)}") from error


def shortened(value: object) -> str:
    """Return the repr of a value in at most 60 characters, for an error message."""
    text = repr(value[:60] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_text(value: object) -> bool:
    # UTF-8 cannot encode a lone surrogate.
    return isinstance(value, str) and (
        value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
    )


def _is_whole(value: object) -> bool:
    return type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER


def _is_number(value: object) -> bool:
    return type(value) is float or _is_whole(value)


_DESCRIPTIONS = {
    "str": "text",
    "str | None": "text or null",
    "int": "a whole number",
    "float | None": "a number or null",
    "tuple[float, ...]": "a list of numbers",
    "Mapping[str, str]": "an object of texts",
}

_TYPES: dict[type, dict[str, str]] = {
    kind: {field.name: str(field.type) for field in fields(kind)}
    for kind in (WorkloadRecord, TargetRecord, SessionRecord, TrialRecord)
}

_CHECKS: dict[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "str | None": lambda value: value is None or _is_text(value),
    "int": _is_whole,
    "float | None": lambda value: value is None or _is_number(value),
    "tuple[float, ...]": lambda value: isinstance(value, list) and all(map(_is_number, value)),
    "Mapping[str, str]": lambda value: (
        isinstance(value, dict) and all(map(_is_text, (*value, *value.values())))
    ),
}


def same_number(stored: object, right: float | None) -> bool:
    """Return whether a stored number equals the one computed from other columns."""
    if right is None or not isinstance(stored, (int, float)):
        return stored is right
    return math.isclose(stored, right, rel_tol=1e-9)
