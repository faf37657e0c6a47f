"""Lifts traces of one structure to a sketch and vectors, so that features come in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autosched.schedule.arguments import Decision
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.primitives.cache_read import CacheRead
from autosched.schedule.sketch import DecisionInfo, Sketch
from autosched.schedule.trace import Trace


@dataclass(frozen=True, eq=False)
class Family:
    """Traces that differ only in tile sizes: trace `rows[i]` is `sketch` with `vectors[i]`."""

    sketch: Sketch
    rows: np.ndarray
    vectors: np.ndarray


def families(traces: Sequence[Trace]) -> list[Family]:
    """Group traces by structure. The default of each sketch is its first trace."""
    members: dict[tuple[Primitive, ...], list[int]] = {}
    vectors: list[list[int]] = []
    for number, trace in enumerate(traces):
        steps, vector = _opened(trace)
        members.setdefault(steps, []).append(number)
        vectors.append(vector)
    return [
        Family(
            _sketch(steps, vectors[rows[0]]),
            np.array(rows),
            np.array([vectors[row] for row in rows], dtype=np.int64).reshape(len(rows), -1),
        )
        for steps, rows in members.items()
    ]


def _sketch(steps: tuple[Primitive, ...], sample: list[int]) -> Sketch:
    decisions = (DecisionInfo(f"n{i}", "lifted", (value,)) for i, value in enumerate(sample))
    return Sketch("lifted", steps, tuple(decisions), tuple(sample))


def _opened(trace: Trace) -> tuple[tuple[Primitive, ...], list[int]]:
    """Return the trace with open factors and units, and their values."""
    vector: list[int] = []

    def opened(value: int) -> Decision:
        vector.append(value)
        return Decision(len(vector) - 1)

    def opened_step(step: Primitive) -> Primitive:
        if isinstance(step, CacheRead) and step.layout is not None:
            layout: Any = tuple(
                (entry[0], opened(entry[1])) if isinstance(entry, tuple) else entry
                for entry in step.layout
            )
            return replace(step, layout=layout)
        given = {name: getattr(step, name) for name in step.sizes}
        return replace(step, **{name: opened(v) for name, v in given.items() if v is not None})

    return tuple(map(opened_step, trace)), vector
