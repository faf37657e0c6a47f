"""Candidates: a sketch with a value for each of its decisions; how to find one by its trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

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
        """The key of the trace in a database."""
        return content_key(self.trace)


def by_sketch(candidates: Sequence[Candidate]) -> Iterator[tuple[list[int], Sketch, np.ndarray]]:
    """Yield each sketch with the positions of its candidates and an (n, d) array of them."""
    for number in sorted({candidate.number for candidate in candidates}):
        places = [p for p, candidate in enumerate(candidates) if candidate.number == number]
        vectors = np.array([candidates[p].vector for p in places], dtype=np.int64)
        yield places, candidates[places[0]].sketch, vectors.reshape(len(places), -1)


def find_candidate(sketches: Sequence[Sketch], trace: str) -> Candidate | None:
    """Return the candidate with this trace, or None if no sketch has it.

    A vector outside of the choices of its sketch, which a damaged file may have, is ignored.
    """
    for number, sketch in enumerate(sketches):
        vector = sketch.vector_of(trace)
        if vector is not None and _is_within(sketch, vector):
            return Candidate(sketch, number, vector)
    return None


def _is_within(sketch: Sketch, vector: Sequence[int]) -> bool:
    pairs = zip(sketch.decisions, vector, strict=True)
    return all(min(d.choices) <= value <= max(d.choices) for d, value in pairs)
