"""`autosched show --sketches`: the structures a search chooses among, and what was dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autosched.text import table

if TYPE_CHECKING:
    from autosched.search.task import Task


def sketches_document(task: Task) -> dict[str, object]:
    """Return the sketches of a task, the best guess first, and why others were dropped."""
    return {
        "sketches": [
            {"name": sketch.name, "decisions": len(sketch.decisions), "candidates": sketch.size}
            for sketch in task.sketches
        ],
        "dropped": task.dropped,
    }


def sketches_text(task: Task) -> str:
    """Return the sketches and the reasons as text."""
    rows = [(sketch.name, len(sketch.decisions), sketch.size) for sketch in task.sketches]
    lines = [table(("sketch", "decisions", "candidates"), rows)]
    if task.dropped:
        lines += ["", "dropped:", *(f"  {reason}" for reason in task.dropped)]
    return "\n".join(lines)
