"""Candidates: a sketch with a value for each of its decisions, and the way back from a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from autosched.schedule.sketch import Sketch
from autosched.tuning_logs import content_key

Point = tuple[int, tuple[int, ...]]
"""A candidate by the number of its sketch and its vector."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A schedule to measure: sketch number `number` of its task, with `vector`.

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
    """Return the candidate with this trace, or None if no sketch has it.

    A vector beyond the choices of its sketch, as a broken file may have, is no candidate.
    """
    for number, sketch in enumerate(sketches):
        vector = sketch.vector_of(trace)
        if vector is not None and _is_within(sketch, vector):
            return Candidate(sketch, number, vector)
    return None


def _is_within(sketch: Sketch, vector: Sequence[int]) -> bool:
    pairs = zip(sketch.decisions, vector, strict=True)
    return all(min(d.choices) <= value <= max(d.choices) for d, value in pairs)
