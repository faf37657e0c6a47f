"""The contract of a cost model."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

import numpy as np


class CostModel(Protocol):
    """Ranks candidates by what it was shown.

    **Rows.** `X` is a float32 array of `features.extract`, one row for each candidate.

    **Fitting.** `fit` forgets what was fitted before. `y` is a throughput from 0, for a
    candidate that failed, to 1, for the best known of its group; `groups` has an integer
    for each row, equal for rows of one task. Rows may come in any order. Fitting no rows,
    or rows that are all alike, is no error.

    **Predicting.** `predict` gives a finite score for each row; a higher one is expected to
    be faster. Scores of one task can be compared, those of different tasks need not be. A
    score depends on its row and what was fitted, but for a model that draws at random.
    Before the first fit all scores are allowed, as long as there is one for each row.

    **Determinism.** Two models made with the same arguments and given the same calls answer
    the same.

    **Files.** `save` writes JSON, never anything that runs code when it is read; `load`
    gives a model with the same predictions. It raises `CostModelError` for a file that is
    not of its kind, or was fitted to other features than are extracted now.
    """

    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> None: ...

    def predict(self, X: np.ndarray) -> np.ndarray: ...

    def save(self, path: str | Path) -> None: ...

    @classmethod
    def load(cls, path: str | Path) -> Self: ...
