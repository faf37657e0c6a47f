"""Gradient-boosted trees, by XGBoost."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any, Self

import numpy as np

from autosched.cost_model.features import feature_names
from autosched.cost_model.models import files
from autosched.cost_model.models.trees import check_trees
from autosched.cost_model.models.xgboost_library import Booster
from autosched.errors import CostModelError


@dataclass(frozen=True, slots=True)
class BoostedParams:
    """Parameters of the trees.

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
    """A `CostModel` of boosted trees; each fit starts anew."""

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
        is_ranked = self.params.objective.startswith("rank:")
        label = _grades(y) if is_ranked else y
        self._booster = Booster(self._settings())
        self._booster.fit(X, label, self.params.trees, groups if is_ranked else None)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return a score for each row; 0 for all before the first fit."""
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
            params = _checked(BoostedParams(**document["params"]))
            model = cls(params, seed=int(document["seed"]), threads=threads)
            model._booster = _booster(document["booster"], model._settings())
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
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
    check_trees(json.loads(text), len(feature_names))
    booster = Booster(settings)
    booster.load(text)
    return booster


def _checked(params: BoostedParams) -> BoostedParams:
    """Return the parameters. Raises ValueError if the type of one differs from its default's."""
    for field in fields(params):
        value, usual = getattr(params, field.name), field.default
        if type(value) is not type(usual) or (isinstance(value, float) and not isfinite(value)):
            raise ValueError(f"expected {field.name} such as {usual!r}, got {value!r}")
    return params


def _grades(y: np.ndarray) -> np.ndarray:
    """Return throughputs as the integer grades of a ranking; the best differ the most."""
    return np.round(31.0 * y**2).astype(np.int32)
