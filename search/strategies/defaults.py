"""The untuned candidates, and what lies close to them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autosched.search.candidate import Candidate
from autosched.search.strategies.variation import mutated, places_of, vectors_of
from autosched.search.task import Task


def defaults(task: Task) -> Iterator[Candidate]:
    """The untuned candidate of each sketch, the best guess first."""
    for number, sketch in enumerate(task.sketches):
        yield Candidate(sketch, number, sketch.default)


def varied_defaults(task: Task, count: int, rng: np.random.Generator) -> Iterator[Candidate]:
    """`count` draws of a sketch and its default with a decision or two changed.

    Sketches take turns in an order that is drawn; a variant that breaks a limit is left out.
    """
    order = rng.permutation(len(task.sketches)).tolist()
    for turn in range(count):
        number = order[turn % len(order)]
        sketch = task.sketches[number]
        default = np.array([sketch.default], dtype=np.int64).reshape(1, -1)
        vectors = vectors_of(sketch, mutated(sketch, places_of(sketch, default), rng))
        if sketch.holds(vectors)[0]:
            yield Candidate(sketch, number, tuple(vectors[0].tolist()))
