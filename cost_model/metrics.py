"""Metrics of a model: how much of the best throughput a search finds among its picks.

`scores` and `y` have an element for each candidate of one task: candidates of higher scores are
picked first, `y` is the true throughput.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Metric = Callable[[np.ndarray, np.ndarray], float]


def share_at_k(scores: np.ndarray, y: np.ndarray, k: int) -> float:
    """Return the best throughput among the first `k` picks as a share of the best of all.

    Candidates of equal score are picked slowest first, so that a constant model gains nothing.
    The share is 1 where every throughput is 0.
    """
    best = y.max(initial=0.0)
    if best <= 0.0:
        return 1.0
    return float(y[picks(scores, y, k)].max(initial=0.0) / best)


def regret_at_k(scores: np.ndarray, y: np.ndarray, k: int) -> float:
    """Return the share of the best throughput that the first `k` picks miss."""
    return 1.0 - share_at_k(scores, y, k)


def recall_at_k(scores: np.ndarray, y: np.ndarray, k: int) -> float:
    """Return the share of the `k` fastest candidates that is among the first `k` picks."""
    k = min(k, len(y))
    if not k:
        return 1.0
    threshold = np.sort(y)[-k]
    return float((y[picks(scores, y, k)] >= threshold).sum() / k)


def pairwise_accuracy(scores: np.ndarray, y: np.ndarray) -> float:
    """Return the share of pairs of unequal throughput in the right order; a tie counts half."""
    above, below = np.nonzero(y[:, None] > y[None, :])
    if not len(above):
        return 1.0
    difference = scores[above] - scores[below]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def picks(scores: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
    """Return the rows of the `k` highest scores; among equal scores the slowest come first."""
    return np.lexsort((y, -scores))[:k]


def by_group(metric: Metric, scores: np.ndarray, y: np.ndarray, groups: np.ndarray) -> float:
    """Return the mean of `metric` over the tasks that `groups` numbers."""
    values = [metric(scores[groups == g], y[groups == g]) for g in np.unique(groups)]
    return float(np.mean(values)) if values else 1.0
