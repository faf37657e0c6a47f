"""Losses by NumPy."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def nll_loss(
    predictions: Array, targets: Array, weights: Array, reduction: str = "mean",
    ignore_index: int = -100,
) -> Array:  # fmt: skip
    """Return the negative log likelihood of the targets; see `topi.nn.nll_loss`."""
    losses, total = np.zeros(targets.shape, predictions.dtype), 0.0
    for place in np.ndindex(*targets.shape):
        target = targets[place]
        if target != ignore_index:
            weight = weights[target]
            losses[place] = -predictions[(*place[:1], target, *place[1:])] * weight
            total += weight
    if reduction == "none":
        return losses
    return np.asarray(losses.sum() / (total if reduction == "mean" else 1), predictions.dtype)
