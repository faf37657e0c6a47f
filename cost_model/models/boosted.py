"""Gradient-boosted trees, by XGBoost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from autosched.cost_model.features import feature_names
from autosched.cost_model.models import files
from autosched.cost_model.models.xgboost_library import Booster, Matrix
from autosched.errors import CostModelError


@dataclass(frozen=True, slots=True)
class BoostedParams:
    """How the trees are grown.

    `objective` is XGBoost's: a regression on the throughput, or a ranking within each task.
    """

    objective: str = "rank:pairwise"
    trees: int = 120
    depth: int = 5
    learning_rate: float = 0.12
    min_child_weight: float = 1.0
    column_share: float = 0.5
    row_share: float = 0.9
    bins: int = 64


class XGBoostModel:
    """A `CostModel` that fits trees to everything it is shown, each time anew."""

    def __init__(self, params: BoostedParams | None = None, *, seed: int = 0, threads: int = 1):
        self.params = params or BoostedParams()
        self.seed = seed
        self.threads = threads
        self._booster: Booster | None = None

    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> None:
        if not len(X):
            self._booster = None
            return
        order = np.argsort(groups, kind="stable")
        X, y, groups = X[order], np.asarray(y, dtype=np.float32)[order], groups[order]
        ranks = self.params.objective.startswith("rank:")
        label, qid = (_grades(y), groups.astype(np.uint32)) if ranks else (y, None)
        data = Matrix(X, label, qid, self.threads, self.params.bins)
        self._booster = Booster(self._settings(), data, self.params.trees)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The expected throughput of each row; 0 for all before the first fit."""
        if self._booster is None or not len(X):
            return np.zeros(len(X), dtype=np.float32)
        return self._booster.predict(X)

    def save(self, path: str | Path) -> None:
        booster = None if self._booster is None else self._booster.to_json()
        content = {"params": asdict(self.params), "seed": self.seed, "booster": booster}
        files.write(path, "xgboost", content)

    @classmethod
    def load(cls, path: str | Path, *, threads: int = 1) -> Self:
        document = files.read(path, "xgboost")
        try:
            params = BoostedParams(**document["params"])
            model = cls(params, seed=int(document["seed"]), threads=threads)
            model._booster = _booster(document["booster"], model._settings())
        except (KeyError, TypeError, ValueError) as error:
            raise CostModelError(
                f"expected an xgboost model in {path}, got one that cannot be loaded: {error}"
            ) from None
        return model

    def _settings(self) -> dict[str, Any]:
        params = self.params
        return {
            "objective": params.objective,
            "max_depth": params.depth,
            "eta": params.learning_rate,
            "min_child_weight": params.min_child_weight,
            "colsample_bytree": params.column_share,
            "subsample": params.row_share,
            "max_bin": params.bins,
            "tree_method": "hist",
            "nthread": self.threads,
            "seed": self.seed,
            "verbosity": 0,
        }


def _booster(text: str | None, settings: dict[str, Any]) -> Booster | None:
    if text is None:
        return None
    booster = Booster(settings)
    booster.load_json(text)
    if booster.features != len(feature_names):
        raise ValueError(f"{booster.features} features")
    return booster


def _grades(y: np.ndarray) -> np.ndarray:
    """Throughputs as the whole grades that ranking wants; the best differ the most."""
    return np.round(31.0 * y**2).astype(np.int32)
