"""Malformed files of trees, which must not reach XGBoost's library."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autosched.cost_model.models import xgboost_library
from autosched.cost_model.models.boosted import BoostedParams, XGBoostModel
from autosched.cost_model.models.conformance import rows
from autosched.errors import CostModelError

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("model") / "model.json"
    model = XGBoostModel(BoostedParams(trees=3, depth=3))
    model.fit(*rows())
    model.save(path)
    return path.read_text()


def tree(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["learner"]["gradient_booster"]["model"]["trees"][1]
    return found


def model_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["learner"]["gradient_booster"]["model"]
    return found


CHANGES: dict[str, Change] = {
    "child beyond": lambda d: tree(d)["left_children"].__setitem__(0, 10**6),
    "child negative": lambda d: tree(d)["left_children"].__setitem__(0, -7),
    "child is itself": lambda d: tree(d)["right_children"].__setitem__(0, 0),
    "one child": lambda d: tree(d)["right_children"].__setitem__(0, -1),
    "child twice": lambda d: tree(d)["right_children"].__setitem__(0, 1),
    "child no number": lambda d: tree(d)["left_children"].__setitem__(0, "1"),
    "parent": lambda d: tree(d)["parents"].__setitem__(1, 10**6),
    "feature beyond": lambda d: tree(d)["split_indices"].__setitem__(0, 10**6),
    "feature negative": lambda d: tree(d)["split_indices"].__setitem__(0, -1),
    "short array": lambda d: tree(d)["split_conditions"].pop(),
    "long array": lambda d: tree(d)["base_weights"].append(0.0),
    "nodes": lambda d: tree(d)["tree_param"].__setitem__("num_nodes", str(2**30)),
    "no nodes": lambda d: tree(d)["tree_param"].__setitem__("num_nodes", "0"),
    "deleted": lambda d: tree(d)["tree_param"].__setitem__("num_deleted", "1"),
    "leaf vector": lambda d: tree(d)["tree_param"].__setitem__("size_leaf_vector", "9"),
    "not finite": lambda d: tree(d)["split_conditions"].__setitem__(1, float("nan")),
    "infinite": lambda d: tree(d)["base_weights"].__setitem__(1, float("inf")),
    "categories": lambda d: tree(d)["split_type"].__setitem__(0, 1),
    "id": lambda d: tree(d).__setitem__("id", 99),
    "no tree": lambda d: model_of(d)["trees"].__setitem__(0, None),
    "missing": lambda d: tree(d).pop("parents"),
    "trees": lambda d: model_of(d)["trees"].pop(),
    "groups": lambda d: model_of(d)["tree_info"].__setitem__(0, 5),
    "rounds": lambda d: model_of(d)["iteration_indptr"].__setitem__(1, 10**6),
    "parallel": lambda d: model_of(d)["gbtree_model_param"].__setitem__("num_parallel_tree", "2"),
    "booster": lambda d: d["learner"]["gradient_booster"].__setitem__("name", "dart"),
    "features": lambda d: d["learner"]["learner_model_param"].__setitem__("num_feature", "7"),
    "classes": lambda d: d["learner"]["learner_model_param"].__setitem__("num_class", "9"),
    "base": lambda d: d["learner"]["learner_model_param"].__setitem__("base_score", "nan"),
    "objective": lambda d: d["learner"]["objective"].__setitem__("name", "multi:softmax"),
    "no learner": lambda d: d.__setitem__("learner", []),
}


def written(path: Path, saved: str, change: Change) -> Path:
    document = json.loads(saved)
    trees = json.loads(document["booster"])
    change(trees)
    document["booster"] = json.dumps(trees)
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("name", CHANGES)
def test_trees_that_are_not_whole_are_refused(name: str, saved: str, tmp_path: Path) -> None:
    path = written(tmp_path / "model.json", saved, CHANGES[name])
    with pytest.raises(CostModelError, match="expected an xgboost model in"):
        XGBoostModel.load(path)


def test_trees_that_are_whole_are_taken(saved: str, tmp_path: Path) -> None:
    path = written(tmp_path / "model.json", saved, lambda trees: None)
    assert np.isfinite(XGBoostModel.load(path).predict(rows(5)[0])).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("booster", "[" * 100_000), ("booster", "{"), ("booster", 5), ("seed", "x"), ("seed", None)],
)
def test_other_content_is_refused(name: str, value: object, saved: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(json.loads(saved) | {name: value}))
    with pytest.raises(CostModelError, match="expected an xgboost model in"):
        XGBoostModel.load(path)


@pytest.mark.parametrize(
    ("name", "value"), [("depth", "5"), ("learning_rate", float("nan")), ("trees", True)]
)
def test_other_parameters_are_refused(name: str, value: object, saved: str, tmp_path: Path) -> None:
    document = json.loads(saved)
    document["params"][name] = value
    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    with pytest.raises(CostModelError, match=f"expected {name} such as"):
        XGBoostModel.load(path)


def test_without_xgboost_a_hint_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xgboost_library, "find_spec", lambda name: None)
    xgboost_library._library.cache_clear()
    with pytest.raises(CostModelError, match="expected XGBoost, got none") as caught:
        XGBoostModel().fit(*rows())
    assert caught.value.hint == "pip install xgboost"
