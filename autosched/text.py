"""Formats times, speeds and tables for every part of the package."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, marks that turn the direction of writing, and halves of characters."""


def duration(time_ns: float | None) -> str:
    """Return a time in a suitable unit."""
    if time_ns is None or not math.isfinite(time_ns):
        return "-"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if time_ns >= size:
            return f"{time_ns / size:.4g} {unit}"
    return f"{time_ns:.4g} ns"


def size(count: float) -> str:
    """Return a number of bytes in a suitable unit, of a thousand or a power of it."""
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.4g} {unit}"
    return counted(int(count), "byte")


def counted(count: int, noun: str) -> str:
    """Return a count and a noun, which has an s unless there is one: `1 step`, `2 steps`."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def rate(gflops: float | None, share: float | None = None) -> str:
    """Return a speed as text, with its share of the peak if that is known."""
    if gflops is None:
        return "-"
    return f"{gflops:.1f} GFLOP/s" + ("" if share is None else f" ({share:.1%} of the peak)")


def printable(text: str) -> str:
    """Escape the characters that would control a terminal, but not line ends and tabs."""
    return UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], text)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows as aligned columns, numbers to the right; nothing is cut off.

    Each row is one line, whatever its cells contain.
    """
    cells = [[line(_cell(value)) for value in row] for row in (header, *rows)]
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
    """Return a line for each name and its value."""
    width = max((len(name) for name in values), default=0)
    return "\n".join(f"{name.ljust(width)}  {_cell(value)}" for name, value in values.items())


def line(text: str) -> str:
    """Return the text as one line, without characters that would control a terminal."""
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
