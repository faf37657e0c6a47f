"""Candidates that need no score: defaults, variants of them, and neighbours of known candidates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from autosched.search.candidate import Candidate, Point
from autosched.search.strategies.variation import mutated, neighbours, places_of, vectors_of
from autosched.search.task import Task


def defaults(task: Task) -> Iterator[Candidate]:
    """Yield each sketch with its default decisions, the best guess first."""
    for number, sketch in enumerate(task.sketches):
        yield Candidate(sketch, number, sketch.default)


def varied_defaults(task: Task, count: int, rng: np.random.Generator) -> Iterator[Candidate]:
    """Yield up to `count` defaults with one or two decisions changed.

    Sketches take turns in random order. A variant that breaks a limit is left out. A sketch
    without decisions has none: loops as written may take a hundred times as long as the rest.
    """
    varied = [number for number, sketch in enumerate(task.sketches) if sketch.decisions]
    order = rng.permutation(varied).tolist()
    for turn in range(count if order else 0):
        number = order[turn % len(order)]
        sketch = task.sketches[number]
        places = places_of(sketch, np.array([sketch.default], dtype=np.int64))
        vectors = vectors_of(sketch, mutated(sketch, places, rng))
        if sketch.holds(vectors)[0]:
            yield Candidate(sketch, number, tuple(vectors[0].tolist()))


def around(task: Task, best: Iterable[Candidate]) -> Iterator[Point]:
    """Yield the neighbours of each of `best`.

    A neighbour differs in one decision, by one choice up or down, or has the same decisions in
    another sketch.
    """
    for candidate in best:
        sketch = candidate.sketch
        places = places_of(sketch, np.array([candidate.vector], dtype=np.int64))
        for moved in vectors_of(sketch, neighbours(sketch, places)).tolist():
            yield candidate.number, tuple(moved)
        for number, other in enumerate(task.sketches):
            if number != candidate.number and other.decisions == sketch.decisions:
                yield number, candidate.vector
