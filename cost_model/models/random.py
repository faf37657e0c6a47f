"""Scores drawn at random: the baseline for every model."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np

from autosched.cost_model.models import files


class RandomModel:
    """A `CostModel` that learns nothing."""

    def __init__(self, seed: int = 0):
        self.seed = seed
        self._rng = np.random.default_rng(seed)

    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> None:
        """Nothing is learned."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self._rng.random(len(X))

    def save(self, path: str | Path) -> None:
        files.write(path, "random", {"seed": self.seed})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the model in its initial state."""
        return cls(int(files.read(path, "random")["seed"]))
