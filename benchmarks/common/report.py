"""Tables for people, JSON documents for later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from autosched.files import write_whole

Row = dict[str, Any]


def show(title: str, rows: Sequence[Row], columns: Sequence[str] | None = None) -> None:
    """Print rows as a table of `columns`, by default those of the first row."""
    names = list(columns or (rows[0] if rows else ()))
    table = Table(title=title, title_justify="left")
    for name in names:
        number = any(isinstance(row.get(name), (int, float)) for row in rows)
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def save(
    path: Path | None, benchmark: str, environment: Row, rows: Sequence[Row], **more: Any
) -> None:
    """Write what was measured as one JSON document, where a file is named."""
    if path is None:
        return
    document = {"benchmark": benchmark, "environment": environment, **more, "rows": list(rows)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, indent=1) + "\n")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
