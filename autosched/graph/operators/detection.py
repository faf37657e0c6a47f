"""The choice of boxes that detectors end with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, operator
from autosched.graph.types import UNKNOWN, TensorType
from autosched.ir.dtype import INT64


@operator("non_max_suppression")
class NonMaxSuppression(Operator):
    """The boxes of the highest scores that overlap no chosen one of a higher score.

    `boxes` is `[batch, count, 4]`, two opposite corners `y, x, y, x`, or with `centred`
    `x, y, width, height`; `scores` is `[batch, classes, count]`. At most `most` boxes of each
    class with scores above `least` are chosen, by default none; two overlap where the
    intersection over the union is above `overlap`. The result `[chosen, 3]` has the entry of
    the batch, the class and the box.
    """

    centred: bool = False

    def infer(self, boxes: TensorType, scores: TensorType, *_: TensorType | None) -> TensorType:
        if boxes.rank != 3 or scores.rank != 3 or boxes.shape[2] != 4:
            raise GraphError(f"expected boxes and scores of 3 axes, got {boxes} and {scores}")
        if (boxes.shape[0], boxes.shape[1]) != (scores.shape[0], scores.shape[2]):
            raise GraphError(f"expected a score for each box, got {boxes} and {scores}")
        return TensorType(INT64, (UNKNOWN, 3))

    def evaluate(
        self,
        boxes: Array,
        scores: Array,
        most: Array | None = None,
        overlap: Array | None = None,
        least: Array | None = None,
    ) -> Array:
        limit = max(int(_number(most, 0)), 0)
        share, floor = _number(overlap, 0.0), _number(least, -np.inf)
        found = []
        for entry, of_classes in enumerate(scores):
            low, high = self._corners(boxes[entry])
            for kind, given in enumerate(of_classes):
                order = np.argsort(-given, kind="stable")
                order = order[given[order] > floor] if least is not None else order
                found += [(entry, kind, box) for box in _chosen(order, low, high, limit, share)]
        return np.array(found, np.int64).reshape(-1, 3)

    def _corners(self, boxes: Array) -> tuple[Array, Array]:
        first, second = boxes[:, :2], boxes[:, 2:]
        if self.centred:
            return first - second / 2, first + second / 2
        return np.minimum(first, second), np.maximum(first, second)


def _number(given: Array | None, default: float) -> float:
    return default if given is None or not given.size else np.ravel(given)[0].item()


def overlaps(
    low: Array, high: Array, areas: Array, box: int, others: Sequence[int] | Array
) -> tuple[Array, Array]:
    """The areas that a box has in common with others, and those that they cover together."""
    sides = np.minimum(high[box], high[others]) - np.maximum(low[box], low[others])
    common = np.prod(np.maximum(sides, 0), axis=1)
    return common, areas[box] + areas[others] - common


def _chosen(order: Array, low: Array, high: Array, limit: int, share: float) -> list[int]:
    """The boxes that are kept of those in `order`, the best first."""
    areas = np.prod(high - low, axis=1)
    kept: list[int] = []
    for box in order:
        if len(kept) >= limit:
            break
        common, union = overlaps(low, high, areas, box, kept)
        if not np.any((common > 0) & (common > share * union)):
            kept.append(int(box))
    return kept
