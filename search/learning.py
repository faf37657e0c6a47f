"""Fits the cost model to a history, and scores candidates with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from autosched.cost_model.models import CostModel
from autosched.cost_model.models.boosted import XGBoostModel
from autosched.schedule.sketch import Sketch
from autosched.search.features import TaskFeatures
from autosched.search.history import History
from autosched.search.strategies.base import Scorer
from autosched.search.task import Task

LEAST_TRIALS = 16
"""The fewest measurements to fit a model to."""


class Learner:
    """A Scorer that learns from measurements; the features of each trial are computed once."""

    def __init__(self, task: Task, model: CostModel):
        self._task = task
        self._model = model
        self._features = TaskFeatures(task)
        self._rows: list[np.ndarray] = []
        self._is_fitted = False
        self._estimator = Estimator(task, self._features) if task.backend.has_estimates else None

    def learn(self, history: History) -> Scorer | None:
        """Fit the model to the whole history.

        Before there are `LEAST_TRIALS`, return a Scorer by the backend's estimates, or None if it
        has none.
        """
        throughputs = history.throughputs()
        if len(throughputs) >= LEAST_TRIALS and throughputs.any():
            new = history.measured[len(self._rows) :]
            self._rows += self._features.of_candidates([m.candidate for m in new])
            groups = np.zeros(len(throughputs), dtype=np.int64)
            self._model.fit(np.stack(self._rows), throughputs, groups)
            self._is_fitted = True
        if self._is_fitted:
            return self
        return self._estimator

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return self._model.predict(self._features.of(sketch, vectors))


@dataclass(frozen=True)
class Estimator:
    """A Scorer by the backend's estimates, without any measurement."""

    task: Task
    features: TaskFeatures

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return -self.task.backend.estimates(self.features.of(sketch, vectors))


def learner(task: Task, seed: int) -> Callable[[History], Scorer | None]:
    """Return a function that fits the cost model to a history.

    The library takes most of a second to import, which overlaps with the first measurements.
    """
    threading.Thread(target=import_module, args=("xgboost",), daemon=True).start()
    return Learner(task, XGBoostModel(task.backend.model_params, seed=seed)).learn
