"""The choice of boxes."""

from __future__ import annotations

import numpy as np

from autosched.graph.operators.detection import NonMaxSuppression

BOXES = np.array([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [1, 3, 0, 2]]], np.float32)  # 0 and 1 overlap
SCORES = np.array([[[0.5, 0.9, 0.2]]], np.float32)


def chosen(most: int, overlap: float, least: float | None = None) -> list[int]:
    limits = [np.array([most]), np.float32(overlap), None if least is None else np.float32(least)]
    return NonMaxSuppression().evaluate(BOXES, SCORES, *limits)[:, 2].tolist()  # type: ignore[arg-type]


def test_the_best_boxes_that_do_not_overlap_are_chosen() -> None:
    assert chosen(3, overlap=0.5) == [1, 2]
    assert chosen(3, overlap=0.9) == [1, 0, 2]
    assert chosen(1, overlap=0.9) == [1]
    assert chosen(3, overlap=0.5, least=0.2) == [1]
    assert NonMaxSuppression().evaluate(BOXES, SCORES).shape == (0, 3)


def test_centred_boxes_are_the_same() -> None:
    low, high = (
        np.minimum(BOXES[..., :2], BOXES[..., 2:]),
        np.maximum(BOXES[..., :2], BOXES[..., 2:]),
    )
    centred = np.concatenate([(low + high) / 2, high - low], axis=-1)
    found = NonMaxSuppression(centred=True).evaluate(
        centred, SCORES, np.array([3]), np.array([0.5])
    )
    assert found[:, 2].tolist() == [1, 2]
