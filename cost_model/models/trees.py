"""Checks the JSON of gradient-boosted trees before XGBoost's library reads it.

The library trusts its input: with an index out of range it reads foreign memory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_OBJECTIVES = ("reg:squarederror", "rank:pairwise")
_ARRAYS = (
    "left_children",
    "right_children",
    "parents",
    "split_indices",
    "split_conditions",
    "split_type",
    "default_left",
    "base_weights",
    "loss_changes",
    "sum_hessian",
)
_ONE_OF_EACH = {"num_class": (0, 1), "num_target": (1,)}
_NO_PARENT = 2**31 - 1


def check_trees(document: Any, features: int) -> None:
    """Raise ValueError, KeyError or TypeError for malformed trees.

    `features` is the number of columns of the rows to predict.
    """
    learner = document["learner"]
    parameters = learner["learner_model_param"]
    _expect(int(parameters["num_feature"]) == features, f"trees of {features} features")
    for name, values in _ONE_OF_EACH.items():
        _expect(int(parameters.get(name, values[0])) in values, "one number for each row")
    _expect(math.isfinite(float(str(parameters["base_score"]).strip("[]"))), "a finite base score")
    _expect(learner["objective"]["name"] in _OBJECTIVES, f"one of {', '.join(_OBJECTIVES)}")
    booster = learner["gradient_booster"]
    _expect(booster["name"] == "gbtree", "trees")
    model = booster["model"]
    trees = model["trees"]
    counts = model["gbtree_model_param"]
    _expect(int(counts["num_trees"]) == len(trees), "as many trees as are counted")
    _expect(int(counts["num_parallel_tree"]) == 1, "one tree after the other")
    _expect(model["tree_info"] == [0] * len(trees), "trees of one group")
    ends = model.get("iteration_indptr", list(range(len(trees) + 1)))
    _expect(ends == list(range(len(trees) + 1)), "one tree in each round")
    for place, tree in enumerate(trees):
        _check_tree(tree, place, features)


def _check_tree(tree: Mapping[str, Any], place: int, features: int) -> None:
    parameters = tree["tree_param"]
    nodes = int(parameters["num_nodes"])
    _expect(tree.get("id", place) == place, "trees in order")
    _expect(nodes >= 1 and int(parameters["num_deleted"]) == 0, "nodes, none of them deleted")
    _expect(int(parameters["num_feature"]) == features, f"trees of {features} features")
    _expect(int(parameters["size_leaf_vector"]) in (0, 1), "one number in each leaf")
    for name in _ARRAYS:
        _expect(len(tree[name]) == nodes, f"{nodes} {name.replace('_', ' ')}")
    _expect(not any(tree["split_type"]) and not tree["categories"], "splits by numbers")
    for name in ("split_conditions", "base_weights"):
        _expect(all(map(math.isfinite, tree[name])), f"finite {name.replace('_', ' ')}")
    _check_links(tree, nodes, features)


def _check_links(tree: Mapping[str, Any], nodes: int, features: int) -> None:
    """Check that children come after their parent, so that every walk down ends."""
    left, right, parents = tree["left_children"], tree["right_children"], tree["parents"]
    known = [_NO_PARENT, *[-1] * (nodes - 1)]
    for node in range(nodes):
        children = (_whole(left, node), _whole(right, node))
        if children == (-1, -1):
            continue
        _expect(0 <= _whole(tree["split_indices"], node) < features, "splits by known features")
        for child in children:
            _expect(node < child < nodes and known[child] == -1, "each node below one other")
            known[child] = node
    _expect(list(parents) == known, "each node below one other")


def _whole(values: Sequence[Any], place: int) -> int:
    value = values[place]
    _expect(type(value) is int, "whole numbers of nodes and features")
    return int(value)


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"expected {what}")
