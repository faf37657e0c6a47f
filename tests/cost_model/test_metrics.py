"""The metrics on data with known results."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autosched.cost_model.metrics import (
    by_group,
    pairwise_accuracy,
    recall_at_k,
    regret_at_k,
    share_at_k,
)

Y = np.array([0.2, 1.0, 0.5, 0.0, 0.8])


def test_what_the_first_picks_give() -> None:
    scores = np.array([5.0, 2.0, 4.0, 3.0, 1.0])
    assert [share_at_k(scores, Y, k) for k in (1, 2, 3, 4, 9)] == [0.2, 0.5, 0.5, 1.0, 1.0]
    assert regret_at_k(scores, Y, 2) == 0.5


def test_shares_are_of_the_best_there_is() -> None:
    assert share_at_k(np.array([1.0, 0.0]), np.array([3.0, 4.0]), 1) == 0.75


def test_a_constant_score_picks_the_worst() -> None:
    assert share_at_k(np.zeros(5), Y, 1) == 0.0
    assert share_at_k(np.zeros(5), Y, 3) == 0.5
    assert pairwise_accuracy(np.zeros(5), Y) == 0.5


def test_recall_counts_the_best_that_were_picked() -> None:
    scores = np.array([5.0, 2.0, 4.0, 3.0, 1.0])
    assert [recall_at_k(scores, Y, k) for k in (1, 2, 3, 5)] == [0.0, 0.0, 1 / 3, 1.0]


def test_pairs_of_equal_throughput_do_not_count() -> None:
    assert pairwise_accuracy(np.array([3.0, 2.0, 1.0]), np.array([1.0, 1.0, 0.0])) == 1.0
    assert pairwise_accuracy(np.array([1.0, 3.0, 2.0]), np.array([3.0, 2.0, 1.0])) == 1 / 3


@pytest.mark.parametrize("y", [np.zeros(3), np.empty(0)])
def test_nothing_to_find_is_no_loss(y: np.ndarray) -> None:
    assert share_at_k(y, y, 1) == 1.0
    assert pairwise_accuracy(y, y) == 1.0


def test_groups_count_alike() -> None:
    y = np.concatenate([Y, [1.0, 0.5]])
    scores = np.concatenate([Y, [0.0, 1.0]])
    groups = np.array([7, 7, 7, 7, 7, 2, 2])
    assert by_group(lambda s, t: share_at_k(s, t, 1), scores, y, groups) == 0.75


@given(arrays(np.float64, 12, elements=st.floats(0, 1, width=16)))
def test_the_truth_as_scores_is_perfect(y: np.ndarray) -> None:
    assert share_at_k(y, y, 1) == 1.0
    assert pairwise_accuracy(y, y) == 1.0
    assert recall_at_k(y, y, 4) == 1.0


@given(arrays(np.float64, 12, elements=st.floats(0, 1)), st.permutations(range(12)))
def test_more_picks_never_give_less(y: np.ndarray, order: list[int]) -> None:
    shares = [share_at_k(np.array(order), y, k) for k in range(1, 13)]
    assert shares == sorted(shares)
