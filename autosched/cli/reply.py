"""What a command answers: a JSON document, and the same for people."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DONE, FAILED, WRONG_REQUEST, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: 1 when the work failed, 2 when the request was wrong, 130 after Ctrl-C."""


_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, marks that turn the direction of writing, and halves of characters."""


@dataclass(frozen=True)
class Reply:
    """`document` is what `--json` prints, `text` what is printed otherwise."""

    document: Any
    text: str
    status: int = DONE


def json_text(document: Any) -> str:
    """The document as JSON of ASCII characters; numbers that JSON has not are null."""
    text = json.dumps(_finite(document), allow_nan=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def printable(text: str) -> str:
    """The text with what would steer a terminal escaped; lines and tabs stay."""
    return _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], text)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns, numbers to the right; nothing is cut off, so that pipes get all of it.

    Each row is one line, whatever is in its cells.
    """
    cells = [[_line(_cell(value)) for value in row] for row in (header, *rows)]
    right = [
        bool(rows) and all(_is_number(row[column]) for row in rows) for column in range(len(header))
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def pairs(values: Mapping[str, object]) -> str:
    """One line for each name and its value."""
    width = max((len(name) for name in values), default=0)
    return "\n".join(f"{name.ljust(width)}  {_cell(value)}" for name, value in values.items())


def _line(text: str) -> str:
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        head = value.split(" ")[0]
        return head == "-" or head.replace(".", "", 1).isdigit()
    return value is None or isinstance(value, (int, float))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
