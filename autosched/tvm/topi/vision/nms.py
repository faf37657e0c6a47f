"""The choice of boxes that overlap no better one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched import te
from autosched.errors import not_offered
from autosched.graph.operators.detection import NonMaxSuppression, overlaps
from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.sorting import order

Array = np.ndarray


def get_valid_counts(
    data: Tensor, score_threshold: Any = 0, id_index: int = 0, score_index: int = 1
) -> list[Tensor]:
    """How many boxes of each entry score above the threshold, these boxes, and their numbers.

    `data` is (batch, boxes, numbers of a box). Boxes whose class is below 0 do not count, unless
    `id_index` is -1. Unused boxes and numbers at the end are -1.
    """
    batch, count, _ = data.shape
    kinds = [((batch,), "int32"), (data.shape, data.dtype), ((batch, count), "int32")]
    threshold = score_threshold if isinstance(score_threshold, Tensor) else None
    if threshold is None:
        value = te.const(score_threshold, data.dtype)
        threshold = te.compute((1,), lambda _: value, name="score_threshold")
    return _get_valid_counts([data, threshold], kinds, id_index, score_index)


def non_max_suppression(
    data: Tensor, valid_count: Tensor, indices: Tensor, max_output_size: int = -1,
    iou_threshold: float = 0.5, force_suppress: bool = False, top_k: int = -1, coord_start: int = 2,
    score_index: int = 1, id_index: int = 0, return_indices: bool = True,
    invalid_to_bottom: bool = False,
) -> Any:  # fmt: skip
    """The boxes, from the best, of which no two overlap by `iou_threshold`; others are -1.

    Boxes of other classes do not suppress one, unless `force_suppress` is set. Those whose score
    is not above 0 stay, and suppress none. With `return_indices` the result is the numbers of the
    boxes by `indices`, the chosen first, and how many they are (batch, 1).
    """
    batch, count, _ = data.shape
    numbers = (
        float(max_output_size), float(iou_threshold), force_suppress, top_k, coord_start,
        score_index, id_index, return_indices, invalid_to_bottom,
    )  # fmt: skip
    if return_indices:
        kinds: list[Any] = [((batch, count), "int32"), ((batch, te.const(1, "int64")), "int32")]
        return _suppressed([data, valid_count, indices], kinds, *numbers)
    return _suppressed([data, valid_count, indices], [(data.shape, data.dtype)], *numbers)[0]


def all_class_non_max_suppression(
    boxes: Tensor, scores: Tensor, max_output_boxes_per_class: int = -1,
    iou_threshold: float = -1.0, score_threshold: float = -1.0, output_format: str = "onnx",
) -> list[Tensor]:  # fmt: skip
    """The chosen boxes of each class, rows of entry, class and box, and how many they are.

    `boxes` is (batch, boxes, 4), `scores` (batch, classes, boxes).
    """
    if output_format != "onnx":
        raise not_offered(f"all_class_non_max_suppression in the format {output_format}")
    batch, classes, count = scores.shape
    kinds = [((batch * classes * count, te.const(3, "int64")), "int64"),
             ((te.const(1, "int64"),), "int64")]  # fmt: skip
    limits = max_output_boxes_per_class, iou_threshold, score_threshold
    return _all_classes([boxes, scores], kinds, *limits)


@outside
def _get_valid_counts(
    data: Array, threshold: Array, id_index: int, score_index: int
) -> list[Array]:
    counts = np.zeros(len(data), "int32")
    boxes, numbers = np.full_like(data, -1), np.full(data.shape[:2], -1, "int32")
    for entry, rows in enumerate(data):
        kept = rows[:, score_index] > threshold.ravel()[0]
        kept = kept if id_index < 0 else kept & (rows[:, id_index] >= 0)
        places = np.flatnonzero(kept)
        counts[entry] = len(places)
        boxes[entry, : len(places)], numbers[entry, : len(places)] = rows[places], places
    return [counts, boxes, numbers]


@outside
def _suppressed(
    data: Array, counts: Array, indices: Array, most: float, overlap: float, force: int, top_k: int,
    coord: int, score: int, kind: int, return_indices: int, to_bottom: int,
) -> list[Array]:  # fmt: skip
    chosen, numbers = np.full_like(data, -1), np.full(data.shape[:2], -1, "int32")
    for entry, (rows, count) in enumerate(zip(data, counts, strict=True)):
        if overlap <= 0:
            kept = np.arange(count)
            chosen[entry, :count], numbers[entry, :count] = rows[:count], kept
            continue
        best = order(rows[:count, score], 0, 0)
        best = best[:top_k] if top_k > 0 else best
        for place in _kept(rows[best], int(most), overlap, force, coord, score, kind):
            chosen[entry, place], numbers[entry, place] = rows[best[place]], best[place]
    if return_indices:
        return list(_numbered(numbers, indices))
    if to_bottom:
        first = np.argsort(chosen[..., 0] < 0, axis=1, kind="stable")
        chosen = np.take_along_axis(chosen, first[..., np.newaxis], 1)
    return [chosen]


def _kept(
    rows: Array, most: int, overlap: float, force: int, coord: int, score: int, kind: int
) -> list[int]:
    """Return the places of the rows that overlap no kept one before them too much."""
    first, second = rows[:, coord : coord + 2], rows[:, coord + 2 : coord + 4]
    low, high = np.minimum(first, second), np.maximum(first, second)
    areas = np.prod(high - low, axis=1)
    kept: list[int] = []
    better: list[int] = []
    for place, row in enumerate(rows):
        if len(better) == most:
            break
        rivals = np.array(better, int)
        if kind >= 0:
            rivals = rivals[rows[rivals, kind] >= 0]
            rivals = rivals if force else rivals[rows[rivals, kind] == row[kind]]
        common, union = overlaps(low, high, areas, place, rivals)
        is_scored = row[score] > 0
        if is_scored and np.any((union > 0) & (common >= overlap * union)):
            continue
        kept.append(place)
        better += [place] * bool(is_scored)
    return kept


def _numbered(numbers: Array, indices: Array) -> tuple[Array, Array]:
    """Return the numbers of the chosen boxes by `indices`, the chosen first, and their count."""
    found, counts = np.full_like(numbers, -1), np.zeros((len(numbers), 1), "int32")
    for entry, row in enumerate(numbers):
        chosen = indices[entry, row[row >= 0]]
        found[entry, : len(chosen)], counts[entry] = chosen, len(chosen)
    return found, counts


@outside
def _all_classes(
    boxes: Array, scores: Array, most: int, overlap: float, least: float
) -> list[Array]:
    limit = np.array(boxes.shape[1] if most < 0 else most)
    found = NonMaxSuppression().evaluate(boxes, scores, limit, np.array(overlap), np.array(least))
    return [found, np.array([len(found)])]
