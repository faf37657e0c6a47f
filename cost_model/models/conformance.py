"""The tests of every cost model; a model's test class inherits this one.

class TestMine(CostModelConformance):
    def make_model(self) -> CostModel:
        return MyModel(seed=0)
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import pytest

from autosched.cost_model.features import feature_names
from autosched.cost_model.models.model import CostModel
from autosched.errors import CostModelError

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


def rows(count: int = 80, seed: int = 3) -> Rows:
    """Return candidates of two tasks in mixed order, some of which failed."""
    rng = np.random.default_rng(seed)
    X = rng.random((count, len(feature_names)), dtype=np.float32) * 20
    y = (X[:, 0] / 20 * (X[:, 1] > 2)).astype(np.float32)
    return X, y, rng.integers(0, 2, count)


class CostModelConformance(ABC):
    """Inherit and define `make_model`; pytest runs every test of the contract."""

    @abstractmethod
    def make_model(self) -> CostModel:
        """A new model, each time with the same arguments."""

    def fitted(self) -> CostModel:
        model = self.make_model()
        model.fit(*rows())
        return model

    def test_every_row_has_a_finite_score(self) -> None:
        scores = self.fitted().predict(rows(17, seed=4)[0])
        assert scores.shape == (17,)
        assert np.isfinite(scores).all()

    def test_no_rows_have_no_scores(self) -> None:
        assert self.fitted().predict(np.empty((0, len(feature_names)), np.float32)).shape == (0,)

    def test_there_are_scores_before_the_first_fit(self) -> None:
        assert np.isfinite(self.make_model().predict(rows(5)[0])).all()

    def test_same_calls_same_scores(self) -> None:
        X = rows(20, seed=5)[0]
        np.testing.assert_array_equal(self.fitted().predict(X), self.fitted().predict(X))

    def test_features_are_not_changed(self) -> None:
        X, y, groups = rows()
        before = X.copy(), y.copy(), groups.copy()
        model = self.make_model()
        model.fit(X, y, groups)
        model.predict(X)
        for now, then in zip((X, y, groups), before, strict=True):
            np.testing.assert_array_equal(now, then)

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_few_rows_can_be_fitted(self, count: int) -> None:
        model = self.make_model()
        model.fit(*(part[:count] for part in rows()))
        assert np.isfinite(model.predict(rows(6)[0])).all()

    def test_equal_rows_can_be_fitted(self) -> None:
        X, _, groups = rows(12)
        model = self.make_model()
        model.fit(np.ones_like(X), np.zeros(12, np.float32), groups)
        assert np.isfinite(model.predict(X)).all()

    def test_fitting_forgets_what_was_fitted_before(self) -> None:
        X = rows(20, seed=5)[0]
        model = self.make_model()
        model.fit(*rows(50, seed=9))
        model.fit(*rows())
        np.testing.assert_array_equal(model.predict(X), self.fitted().predict(X))

    def test_a_loaded_model_predicts_the_same(self, tmp_path: Path) -> None:
        X = rows(20, seed=5)[0]
        model = self.fitted()
        model.save(tmp_path / "model.json")
        loaded = type(model).load(tmp_path / "model.json")
        np.testing.assert_array_equal(loaded.predict(X), model.predict(X))

    def test_an_unfitted_model_can_be_saved(self, tmp_path: Path) -> None:
        model = self.make_model()
        model.save(tmp_path / "model.json")
        assert len(type(model).load(tmp_path / "model.json").predict(rows(5)[0])) == 5

    def test_the_file_is_json(self, tmp_path: Path) -> None:
        self.fitted().save(tmp_path / "model.json")
        document = json.loads((tmp_path / "model.json").read_text())
        assert document["features"]["names"] == list(feature_names)
        assert [path.name for path in tmp_path.iterdir()] == ["model.json"]

    def test_other_features_are_refused(self, tmp_path: Path) -> None:
        model = self.fitted()
        path = tmp_path / "model.json"
        model.save(path)
        document = json.loads(path.read_text())
        document["features"]["version"] += 1
        path.write_text(json.dumps(document))
        with pytest.raises(CostModelError, match="other features"):
            type(model).load(path)

    @pytest.mark.parametrize("text", ["", "[1]", "{}", '{"format": "autosched cost model"}'])
    def test_other_files_are_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "model.json"
        path.write_text(text)
        with pytest.raises(CostModelError, match="expected a"):
            type(self.make_model()).load(path)

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CostModelError, match="expected a cost model"):
            type(self.make_model()).load(tmp_path / "none.json")
