"""How good the picks of a model are: what a search would lose by trusting it.

`scores` and `y` have an element for each candidate of one task; a higher score is picked
first, `y` is the true throughput. The functions over several tasks give the mean of theirs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Metric = Callable[[np.ndarray, np.ndarray], float]


def share_at_k(scores: np.ndarray, y: np.ndarray, k: int) -> float:
    """The best throughput among the `k` first picks, as a share of the best there is.

    Equal scores count as the worst order of them would, so that a constant model gains
    nothing. 1 where nothing has any throughput.
    """
    best = y.max(initial=0.0)
    if best <= 0.0:
        return 1.0
    return float(y[picks(scores, y, k)].max(initial=0.0) / best)


def regret_at_k(scores: np.ndarray, y: np.ndarray, k: int) -> float:
    """The share of the best throughput that the `k` first picks miss."""
    return 1.0 - share_at_k(scores, y, k)


def recall_at_k(scores: np.ndarray, y: np.ndarray, k: int) -> float:
    """Which share of the `k` truly best candidates is among the `k` first picks."""
    k = min(k, len(y))
    if not k:
        return 1.0
    threshold = np.sort(y)[-k]
    return float((y[picks(scores, y, k)] >= threshold).sum() / k)


def pairwise_accuracy(scores: np.ndarray, y: np.ndarray) -> float:
    """The share of pairs of unequal throughput that are in the right order; ties are half right."""
    above, below = np.nonzero(y[:, None] > y[None, :])
    if not len(above):
        return 1.0
    difference = scores[above] - scores[below]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def picks(scores: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
    """The rows of the `k` highest scores; among equal scores the slowest come first."""
    return np.lexsort((y, -scores))[:k]


def by_group(metric: Metric, scores: np.ndarray, y: np.ndarray, groups: np.ndarray) -> float:
    """The mean of `metric` over the tasks."""
    values = [metric(scores[groups == g], y[groups == g]) for g in np.unique(groups)]
    return float(np.mean(values)) if values else 1.0
