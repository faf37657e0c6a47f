"""The candidates beside known ones: one decision away, or the same decisions elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from autosched.search.candidate import Candidate, Point
from autosched.search.strategies.variation import neighbours, places_of, vectors_of
from autosched.search.task import Task


def around(task: Task, best: Iterable[Candidate]) -> Iterator[Point]:
    """The points one step away from each, and those of its decisions in sketches with the same."""
    for candidate in best:
        vector = np.array([candidate.vector], dtype=np.int64).reshape(1, -1)
        places = places_of(candidate.sketch, vector)
        vectors = vectors_of(candidate.sketch, neighbours(candidate.sketch, places))
        for moved in vectors.tolist():
            yield candidate.number, tuple(moved)
        wanted = candidate.sketch.decisions
        for number, sketch in enumerate(task.sketches):
            if number != candidate.number and sketch.decisions == wanted:
                yield number, candidate.vector
