"""The contract of a cost model."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

import numpy as np


class CostModel(Protocol):
    """Ranks candidates by the measured ones it was fitted to.

    **Rows.** `X` is a float32 array of `features.extract`, one row for each candidate.

    **Fitting.** `fit` forgets earlier fits. `y` is a throughput from 0, for a candidate that
    failed, to 1, for the best known of its group. `groups` has an integer for each row, equal for
    rows of one task. Rows may come in any order. Fitting no rows, or equal rows, is no error.

    **Predicting.** `predict` gives a finite score for each row; a higher one is expected to
    be faster. Scores can be compared within a task, not necessarily between tasks. A score
    depends only on its row and the last fit, unless the model draws at random. Before the first
    fit any scores are allowed, one for each row.

    **Determinism.** Two models made with the same arguments return the same for the same calls.

    **Files.** `save` writes JSON, never anything that runs code when it is read; `load`
    returns a model with the same predictions. It raises `CostModelError` for a file of another
    kind, or one fitted to other features than are extracted now.
    """

    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> None: ...

    def predict(self, X: np.ndarray) -> np.ndarray: ...

    def save(self, path: str | Path) -> None: ...

    @classmethod
    def load(cls, path: str | Path) -> Self: ...
