"""Variation: new candidates of a sketch from known ones, whole populations at once.

Here a candidate is a row of places: for each decision, the position of its value in `choices`.
"""

from __future__ import annotations

import numpy as np

from autosched.schedule.sketch import Sketch

STEP_SHARE = 0.6
"""The share of mutations that move to a neighbouring choice; the others move anywhere."""

SECOND_SHARE = 0.3
"""The share of mutated rows in which a second decision changes too."""


def places_of(sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
    """Return the places of (n, d) vectors; a value that is no choice gets the next higher one."""
    columns = [
        np.minimum(np.searchsorted(decision.choices, column), len(decision.choices) - 1)
        for decision, column in zip(sketch.decisions, vectors.T, strict=True)
    ]
    return _table(columns, len(vectors))


def vectors_of(sketch: Sketch, places: np.ndarray) -> np.ndarray:
    """Return the vectors of (n, d) places."""
    columns = [
        np.asarray(decision.choices)[column]
        for decision, column in zip(sketch.decisions, places.T, strict=True)
    ]
    return _table(columns, len(places))


def mutated(sketch: Sketch, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return each row with one decision changed, some with two."""
    changed = _changed(sketch, places, rng)
    twice = rng.random(len(places)) < SECOND_SHARE
    return np.where(twice[:, None], _changed(sketch, changed, rng), changed)


def crossed(places: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return each row with about half of its decisions taken from the same row of `others`."""
    return np.where(rng.random(places.shape) < 0.5, places, others)


def neighbours(sketch: Sketch, places: np.ndarray) -> np.ndarray:
    """Return every row with each decision in turn moved one choice down and one up."""
    found = [places[:0]]
    for number, decision in enumerate(sketch.decisions):
        for step in (-1, 1):
            moved = places.copy()
            moved[:, number] += step
            column = moved[:, number]
            found.append(moved[(column >= 0) & (column < len(decision.choices))])
    return np.concatenate(found)


def _changed(sketch: Sketch, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if not sketch.decisions or not len(places):
        return places
    rows = np.arange(len(places))
    columns = rng.integers(len(sketch.decisions), size=len(places))
    counts = np.array([len(decision.choices) for decision in sketch.decisions])[columns]
    old = places[rows, columns]
    stepped = old + rng.choice((-1, 1), size=len(places))
    # A step beyond the last choice goes the other way.
    stepped = np.where((stepped < 0) | (stepped >= counts), 2 * old - stepped, stepped)
    stepped = np.clip(stepped, 0, counts - 1)
    anywhere = rng.integers(counts)
    result = places.copy()
    result[rows, columns] = np.where(rng.random(len(places)) < STEP_SHARE, stepped, anywhere)
    return result


def _table(columns: list[np.ndarray], rows: int) -> np.ndarray:
    return np.array(columns, dtype=np.int64).reshape(len(columns), rows).T
