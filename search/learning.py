"""The cost model at work: fitted to a history, asked about candidates."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np

from autosched.cost_model.models import CostModel
from autosched.cost_model.models.boosted import BoostedParams, XGBoostModel
from autosched.schedule.sketch import Sketch
from autosched.search.features import TaskFeatures
from autosched.search.history import History
from autosched.search.strategies.base import Scorer
from autosched.search.task import Task
from autosched.target.vta import VtaTarget

LEAST_TRIALS = 16
"""Fewer measurements than these teach a model nothing."""

PARAMS = BoostedParams(objective="reg:squarederror", trees=120, depth=6)
"""Within one task a regression on the throughput ranks unseen candidates better than trees
fitted to pairs: 0.91 by Spearman's measure against 0.63, on a convolution with 120 trials."""

FEWER = replace(PARAMS, trees=60, learning_rate=0.2)
"""For times that are exact and measured at a hundred a second: as good there, in half the time."""


class Learner:
    """A Scorer that learns from what was measured; features of trials are computed once."""

    def __init__(self, task: Task, model: CostModel):
        self._task = task
        self._model = model
        self._features = TaskFeatures(task)
        self._rows: list[np.ndarray] = []
        self._is_fitted = False

    def learn(self, history: History) -> Scorer | None:
        """Fit the model to the whole history.

        Until there is enough to learn from, None; for an accelerator, a Scorer by estimates.
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
        return Estimator(self._features) if isinstance(self._task.target, VtaTarget) else None

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return self._model.predict(self._features.of(sketch, vectors))


@dataclass(frozen=True)
class Estimator:
    """A Scorer for accelerators that was not taught by anything measured."""

    features: TaskFeatures

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return -self.features.estimates(sketch, vectors)


def learner(task: Task, seed: int) -> Callable[[History], Scorer | None]:
    """What learns as a search goes, with the model of this package.

    Its library takes most of a second to import, which passes beside the first measurements.
    """
    threading.Thread(target=import_module, args=("xgboost",), daemon=True).start()
    params = FEWER if task.is_deterministic else PARAMS
    return Learner(task, XGBoostModel(params, seed=seed)).learn
