import numpy as np

from autosched.tvm.topi import testing


def test_losses_by_hand() -> None:
    predictions = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    targets, weights = np.array([1, 0, 1]), np.array([2.0, 10.0])
    losses = testing.nll_loss(predictions, targets, weights, "none")
    assert losses.tolist() == [-20, -6, -60]
    assert testing.nll_loss(predictions, targets, weights, "sum", 1) == -6
    assert testing.nll_loss(predictions, targets, weights) == -86 / 22
