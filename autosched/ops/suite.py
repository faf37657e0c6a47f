"""Suites: lists of workloads to tune together, as TOML files.

[[workload]]
name = "conv2d"                     # as on a command line, with file.py:function too
params = { n = 1, ci = 64, h = 56, w = 56, co = 64, k = 3 }
weight = 4                          # how often it is computed, 1 by default
sizes = {}                          # the values of symbolic sizes
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from autosched.errors import WorkloadError
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve

_KEYS = ("name", "params", "weight", "sizes")


@dataclass(frozen=True)
class SuiteEntry:
    """A workload of a suite, and how often it is computed."""

    workload: WorkloadInstance
    weight: float = 1.0
    sizes: Mapping[str, int] = field(default_factory=dict)


def read_suite(path: Path) -> list[SuiteEntry]:
    """Return the workloads of a suite file. Raises WorkloadError, which names the entry."""
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise WorkloadError(f"expected a suite file, got {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WorkloadError(f"expected a suite file of TOML, got in {path}: {error}") from error
    entries = document.get("workload")
    if not isinstance(entries, list) or not entries or set(document) != {"workload"}:
        raise WorkloadError(
            f"expected tables [[workload]] and nothing else in {path}, "
            f"got {', '.join(document) or 'an empty file'}"
        )
    return [
        _entry(table, f"workload {number} of {path}") for number, table in enumerate(entries, 1)
    ]


def _entry(table: Any, place: str) -> SuiteEntry:
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise WorkloadError(f"expected a table with a name for {place}, got {table!r}")
    unknown = [key for key in table if key not in _KEYS]
    if unknown:
        known = ", ".join(_KEYS)
        raise WorkloadError(f"expected keys among {known} for {place}, got {', '.join(unknown)}")
    weight, params, sizes = table.get("weight", 1), table.get("params", {}), table.get("sizes", {})
    is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not is_number or not isfinite(weight) or weight <= 0:
        raise WorkloadError(f"expected a positive weight for {place}, got {weight!r}")
    for key, value in (("params", params), ("sizes", sizes)):
        if not isinstance(value, dict):
            raise WorkloadError(f"expected a table as the {key} of {place}, got {value!r}")
    try:
        workload = resolve(table["name"], params)
    except WorkloadError as error:
        raise WorkloadError(f"{place}: {error.message}", hint=error.hint) from error
    return SuiteEntry(workload, float(weight), sizes)
