"""The cost models keep the contract, and the learning one learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autosched.cost_model.features import feature_names
from autosched.cost_model.metrics import pairwise_accuracy, share_at_k
from autosched.cost_model.models import CostModel, RandomModel
from autosched.cost_model.models.boosted import BoostedParams, XGBoostModel
from autosched.cost_model.models.conformance import CostModelConformance

QUICK = BoostedParams(trees=20)


class TestRandom(CostModelConformance):
    def make_model(self) -> CostModel:
        return RandomModel(seed=1)


class TestRegression(CostModelConformance):
    def make_model(self) -> CostModel:
        return XGBoostModel(QUICK, seed=1)


class TestRanking(CostModelConformance):
    def make_model(self) -> CostModel:
        return XGBoostModel(replace(QUICK, objective="rank:pairwise"), seed=1)


def synthetic(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Throughputs that fall off with the distance from a good point in a few features."""
    rng = np.random.default_rng(seed)
    X = rng.random((400, len(feature_names)), dtype=np.float32)
    loss = (X[:, 3] - 0.4) ** 2 + (X[:, 40] - 0.7) ** 2 + 0.5 * (X[:, 90] > 0.8)
    return X, np.exp(-3.0 * loss)


@pytest.mark.parametrize("objective", ["reg:squarederror", "rank:pairwise"])
def test_trees_pick_better_than_chance(objective: str) -> None:
    X, y = synthetic(0)
    held_out, truth = synthetic(1)
    model = XGBoostModel(replace(QUICK, objective=objective))
    model.fit(X, y, np.zeros(len(X), dtype=np.int64))
    scores, chance = model.predict(held_out), RandomModel().predict(held_out)
    assert share_at_k(scores, truth, 3) > share_at_k(chance, truth, 3)
    assert pairwise_accuracy(scores, truth) > 0.68 > 0.55 > pairwise_accuracy(chance, truth)


def test_the_parameters_are_kept_in_the_file(tmp_path: Path) -> None:
    model = XGBoostModel(replace(QUICK, depth=3), seed=5)
    model.save(tmp_path / "m.json")
    loaded = XGBoostModel.load(tmp_path / "m.json", threads=2)
    assert (loaded.params, loaded.seed, loaded.threads) == (model.params, 5, 2)


def test_random_scores_differ_by_seed() -> None:
    X = np.zeros((4, len(feature_names)), np.float32)
    assert not np.array_equal(RandomModel(1).predict(X), RandomModel(2).predict(X))
