"""Candidates: a sketch with a value for each of its decisions, and the way back from a trace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import to_json
from autosched.tuning_logs import content_key

Point = tuple[int, tuple[int, ...]]
"""A candidate by the number of its sketch and its vector."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One schedule that can be tried: sketch number `number` of its task, with `vector`.

    `predicted` is the score that a model gave it, if one was asked.
    """

    sketch: Sketch
    number: int
    vector: tuple[int, ...]
    predicted: float | None = None

    @property
    def point(self) -> Point:
        return self.number, self.vector

    @cached_property
    def trace(self) -> str:
        """The steps as JSON."""
        return self.sketch.text(self.vector)

    @cached_property
    def key(self) -> str:
        """The key a database knows the trace by."""
        return content_key(self.trace)


def find_candidate(sketches: Sequence[Sketch], trace: str) -> Candidate | None:
    """The candidate whose trace this is, or None where no sketch has it."""
    steps = json.loads(trace)
    for number, sketch in enumerate(sketches):
        found: dict[int, int] = {}
        if _matches(_pattern(sketch), steps, found):
            vector = tuple(found.get(i, value) for i, value in enumerate(sketch.default))
            return Candidate(sketch, number, vector)
    return None


def _pattern(sketch: Sketch) -> Any:
    return json.loads(to_json(sketch.steps))


def _matches(pattern: Any, value: Any, found: dict[int, int]) -> bool:
    """Whether `value` is `pattern` with integers for its decisions, which go to `found`."""
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(value) == len(pattern)
            and all(_matches(p, v, found) for p, v in zip(pattern, value, strict=True))
        )
    if not isinstance(pattern, dict):
        return bool(pattern == value)
    if "decision" in pattern:
        return isinstance(value, int) and found.setdefault(pattern["decision"], value) == value
    return (
        isinstance(value, dict)
        and value.keys() == pattern.keys()
        and all(_matches(pattern[name], value[name], found) for name in pattern)
    )
