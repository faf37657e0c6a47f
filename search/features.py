"""Features of the candidates of a task, kept as long as they are needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate, Point, by_sketch
from autosched.search.task import Task


class TaskFeatures:
    """The features of candidates of `task`.

    The rows of candidates that were scored last are there until `keep` chooses among them.
    """

    def __init__(self, task: Task):
        self._task = task
        self._tables: dict[Sketch, _Table] = {}
        self._scored: list[tuple[Sketch, _Table]] = []
        self._kept: dict[tuple[Sketch, tuple[int, ...]], np.ndarray] = {}

    def of(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        """Return a row for each candidate of an (n, d) array.

        The rows of a read-only array, such as `Sketch.every`, are kept: it is asked for in every
        round.
        """
        if vectors.flags.writeable:
            rows = self._extracted(sketch, vectors)
            self._scored.append((sketch, _Table(vectors, rows)))
            return rows
        known = self._tables.get(sketch)
        if known is None or known.vectors is not vectors:
            known = self._tables[sketch] = _Table(vectors, self._extracted(sketch, vectors))
        return known.rows

    def keep(self, points: Collection[Point]) -> None:
        """Keep the rows of these candidates alone, for one call of `of_candidates` each."""
        numbers = {sketch: number for number, sketch in enumerate(self._task.sketches)}
        for sketch, table in self._scored:
            for vector, place in table.places.items():
                if (numbers[sketch], vector) in points:
                    self._kept[sketch, vector] = table.rows[place].copy()
        self._scored.clear()

    def of_candidates(self, candidates: Sequence[Candidate]) -> list[np.ndarray]:
        """Return the row of each; unknown ones are computed together for each sketch."""
        rows = [self._known(candidate) for candidate in candidates]
        missing = [place for place, row in enumerate(rows) if row is None]
        for places, sketch, vectors in by_sketch([candidates[place] for place in missing]):
            for place, row in zip(places, self._extracted(sketch, vectors), strict=True):
                rows[missing[place]] = row
        return [row for row in rows if row is not None]

    def _known(self, candidate: Candidate) -> np.ndarray | None:
        kept = self._kept.pop((candidate.sketch, candidate.vector), None)
        if kept is not None:
            return kept
        table = self._tables.get(candidate.sketch)
        place = table.places.get(candidate.vector) if table is not None else None
        return table.rows[place] if table is not None and place is not None else None

    def _extracted(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        backend, form = self._task.backend, self._task.form
        parts = [
            (places, backend.features(form, part, own))
            for places, part, own in sketch.structures(vectors)
        ]
        if len(parts) == 1:
            return parts[0][1]
        order = np.argsort(np.concatenate([places for places, _ in parts]))
        return np.concatenate([rows for _, rows in parts])[order]


@dataclass(frozen=True)
class _Table:
    vectors: np.ndarray
    rows: np.ndarray

    @cached_property
    def places(self) -> dict[tuple[int, ...], int]:
        return {tuple(vector): place for place, vector in enumerate(self.vectors.tolist())}
