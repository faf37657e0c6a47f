"""Fits the cost model to histories, and scores candidates with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from autosched.backends.base import Backend
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
    """Learns one model from the measurements of all tasks that it is asked about.

    What makes a schedule fast is much the same in similar tasks: on the kernels of ResNet-18 a
    model of other tasks ranks a new task's candidates better (0.59 by Spearman's measure) than
    one of 64 own trials (0.50). The features of each trial are computed once.
    """

    def __init__(self, model: CostModel):
        self._model = model
        self._tasks: dict[Task, _Learnt] = {}
        self._is_fitted = False

    def add(self, history: History) -> None:
        """Learn from this history too, and from what is added to it."""
        self._tasks.setdefault(history.task, _Learnt(history, TaskFeatures(history.task)))

    def learn(self, history: History) -> Scorer | None:
        """Fit the model to all histories, and return the Scorer for the task of this one.

        Before there are `LEAST_TRIALS`, return a Scorer by the backend's estimates, or None if it
        has none.
        """
        task = history.task
        self.add(history)
        known = self._tasks[task]
        learnt = [other for other in self._tasks.values() if other.update()]
        if sum(len(other.rows) for other in learnt) >= LEAST_TRIALS:
            rows = np.concatenate([other.rows for other in learnt])
            throughputs = np.concatenate([other.history.throughputs() for other in learnt])
            groups = np.repeat(np.arange(len(learnt)), [len(other.rows) for other in learnt])
            self._model.fit(rows, throughputs, groups)
            self._is_fitted = True
        if self._is_fitted:
            return Predictor(self._model, known.features)
        return Estimator(task, known.features) if task.backend.has_estimates else None


@dataclass
class _Learnt:
    """The rows of a history's trials."""

    history: History
    features: TaskFeatures
    rows: np.ndarray = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))

    def update(self) -> bool:
        """Add the rows of new trials; return whether a trial had a time."""
        known, new = (
            self.history.measured[: len(self.rows)],
            self.history.measured[len(self.rows) :],
        )
        self.features.keep(self.history.points - {m.candidate.point for m in known})
        if new:
            found = np.stack(self.features.of_candidates([m.candidate for m in new]))
            self.rows = np.concatenate([self.rows, found]) if len(self.rows) else found
        return bool(self.history.throughputs().any())


@dataclass(frozen=True)
class Predictor:
    """A Scorer by a model, for the task whose features it computes."""

    model: CostModel
    features: TaskFeatures

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return self.model.predict(self.features.of(sketch, vectors))


@dataclass(frozen=True)
class Estimator:
    """A Scorer by the backend's estimates, without any measurement."""

    task: Task
    features: TaskFeatures

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return -self.task.backend.estimates(self.features.of(sketch, vectors))


def learner(backend: Backend, seed: int) -> Learner:
    """Return the learner of tasks of a backend."""
    return Learner(XGBoostModel(backend.model_params, seed=seed))
