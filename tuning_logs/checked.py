"""Records made of values that somebody else may have written: each is checked, none trusted."""

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
    """The record with these values. Raises `DatabaseError` where one is not of its type."""
    types = _TYPES[kind]
    for name, value in values.items():
        if name not in types:
            raise DatabaseError(f"expected the fields {', '.join(types)}, got {name!r}")
        if not _CHECKS[types[name]](value):
            wanted = _WORDS[types[name]]
            raise DatabaseError(f"expected {name} to be {wanted}, got {shortened(value)}")
    try:
        return kind(**values)
    except TypeError as error:  # a field that is missing
        name = kind.__name__.removesuffix("Record").lower()
        raise DatabaseError(f"expected the fields of a {name}, got {error}") from error


def check_keys(record: Record) -> None:
    """Raise `DatabaseError` where the key of a content is not its hash."""
    match record:
        case WorkloadRecord() if record.key != content_key(record.content):
            raise DatabaseError(f"expected the hash of the content as key, got {record.key!r}")
        case TrialRecord() if record.trace_key != content_key(record.trace):
            raise DatabaseError(f"expected the hash of the trace as key, got {record.trace_key!r}")


def parsed(text: object, what: str) -> Any:
    """The value of a JSON text. Raises `DatabaseError` where it is none, or nested too deeply."""
    try:
        if not isinstance(text, str):
            raise ValueError
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatabaseError(f"expected {what}, got {shortened(text)}") from error


def shortened(value: object) -> str:
    """A value for a sentence."""
    text = repr(value[:60] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_text(value: object) -> bool:
    # Half of a pair of surrogates is in no encoding that a file has.
    return isinstance(value, str) and (
        value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
    )


def _is_whole(value: object) -> bool:
    return type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER


def _is_number(value: object) -> bool:
    return type(value) is float or _is_whole(value)


_WORDS = {
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
    """Whether a number that is stored beside what it follows from is right."""
    if right is None or not isinstance(stored, (int, float)):
        return stored is right
    return math.isclose(stored, right, rel_tol=1e-9)
