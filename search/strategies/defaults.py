"""The untuned candidates."""

from __future__ import annotations

from collections.abc import Iterator

from autosched.search.candidate import Candidate
from autosched.search.task import Task


def defaults(task: Task) -> Iterator[Candidate]:
    """The untuned candidate of each sketch, the best guess first."""
    for number, sketch in enumerate(task.sketches):
        yield Candidate(sketch, number, sketch.default)
