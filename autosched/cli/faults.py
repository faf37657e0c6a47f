"""Describes the failures of a run that are bugs of autosched."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosched.search.result import Fault

_SHOWN_LINES = 6
"""Lines shown from the end of a traceback: where the error was raised, and its message."""

_HEADS = {
    "internal_error": "met a bug in autosched itself",
    "crashed": "ended the process that compiled them",
    "wrong_result": "computed wrong numbers, by more than rounding explains",
}


def told(faults: Sequence[Fault], session: str, database: Path) -> str:
    """Describe the faults: kind, count, end of the first traceback, where the rest is."""
    lines = []
    for fault in faults:
        subject = "1 candidate" if fault.count == 1 else f"{fault.count} candidates"
        lines.append(f"autosched: {subject} {_HEADS[fault.kind]}; the first:")
        lines += [f"  {line}" for line in fault.reason.splitlines()[-_SHOWN_LINES:]]
        query = (
            "SELECT trial, reason, trace FROM history "
            f"WHERE outcome = '{fault.kind}' AND session = '{session}'"
        )
        lines.append(
            f"all of it: autosched db query {shlex.quote(query)} --db {shlex.quote(str(database))}"
        )
    if faults:
        lines.append("please report this: such a candidate is never used, but it shows a bug")
    return "\n".join(lines)


def documents(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Return the faults as JSON objects."""
    return [{"kind": f.kind, "count": f.count, "reason": f.reason} for f in faults]
